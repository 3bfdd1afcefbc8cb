"""Checks that the examples (```mlir) in the descriptions of the dialects, their ops and
attributes are parsed by dpc-opt, and found right by the verifiers.

check_examples.py ROOT DPC-OPT INCLUDE... prints what is wrong, and exits with 1 then. It
needs llvm-tblgen on PATH. An example stands in a module with a mesh, if it has none. A line
of dots stands for what makes the values that it does not define, else that is in front of
it; they have the types that they are used with. Attributes, each on a line of its own, are
held by an op.
"""

import pathlib
import re
import subprocess
import sys

from check_docs import read_records

BLOCK = re.compile(r"```mlir\n(.*?)\n *```", re.S)
DEFINED = re.compile(r"^\s*(%[^=]*?) =", re.M)
ARGUMENT = re.compile(r"(%\w+): ")
ERROR = re.compile(r"^<stdin>:(\d+):\d+: error: (.*)$", re.M)
TYPE = re.compile(r"use of value '(%\w+)' expects different type than prior uses: '(.*)' vs")
DOTS = re.compile(r"^ *\.\.\.$", re.M)
MESH = 'dist.mesh @mesh ["data" = 2, "tensor" = 2, "pipe" = 2]'


class Example:
    def __init__(self, name, text):
        self.name, self.error = name, ""
        text = re.sub("//.*", "", text).strip()
        if text[0] in "#!":
            text = "\n".join(f'"test.holds"() {{it = {part.strip()}}} : () -> ()'
                             for part in re.split(r"\n\s*(?=[#!])", text))
        if "dist.mesh" not in text:
            text = f"{MESH}\n{text}"
        if not DOTS.search(text):
            text = f"...\n{text}"
        self.text = text
        known = {name.split(":")[0].strip()
                 for found in DEFINED.findall(text) for name in found.split(",")}
        unknown = set(re.findall(r"%\w+", text)) - known - set(ARGUMENT.findall(text))
        self.types = {name: "none" for name in sorted(unknown)}

    def print(self):
        values = [f'{name} = "test.value"() : () -> {of}' for name, of in self.types.items()]
        return "module {\n" + DOTS.sub("\n".join(values), self.text) + "\n}"


def find_examples(root, includes):
    for folder in sorted(path.name for path in root.glob("dialects/*/")):
        file = root / "dialects" / folder / f"{folder}Ops.td"
        own = {path.name for path in file.parent.glob("*.td")}
        for record in read_records(root, includes, file).values() if own else ():
            if isinstance(record, dict) and own & {at.split(":")[0] for at in record.get("!locs", [])}:
                for block in BLOCK.findall(record.get("description") or ""):
                    yield Example(f"{file.relative_to(root)}: {record['!name']}", block)


def run(dpc_opt, examples):
    """Sets each example's first error."""
    text, lines = "", []
    for example in examples:
        text += example.print() + "\n// -----\n"
        lines.append(text.count("\n"))
        example.error = ""
    done = subprocess.run([dpc_opt, "-allow-unregistered-dialect", "-split-input-file"],
                          input=text, capture_output=True, text=True, check=False)
    for line, error in ERROR.findall(done.stderr):
        example = next(e for e, last in zip(examples, lines) if int(line) <= last)
        example.error = example.error or error
    return done.returncode


def main():
    examples = list(find_examples(pathlib.Path(sys.argv[1]), sys.argv[3:]))
    while (status := run(sys.argv[2], examples)) != 0:
        found = [(example, match) for example in examples
                 if (match := TYPE.match(example.error)) and example.types.get(match[1]) == "none"]
        if not found:
            break
        for example, match in found:
            example.types[match[1]] = match[2]
    for example in examples:
        if example.error:
            print(f"{example.name}: {example.error}")
    return 1 if status or not examples else 0


sys.exit(main())
