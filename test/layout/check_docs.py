"""Checks that the reference of dialects and passes, which the target `docs` makes, says
something of everything: every op and pass has a summary, a description and in it an
example (```mlir), every dialect, interface, attribute and type a description or a summary.

check_docs.py ROOT INCLUDE... prints what lacks one, and exits with 1 then. INCLUDE is where
MLIR's own files are. It needs llvm-tblgen on PATH.
"""

import json
import pathlib
import subprocess
import sys

EXAMPLE = "```mlir"


def read_records(root, includes, file):
    command = ["llvm-tblgen", "--dump-json", "-I", root, *(f"-I{path}" for path in includes), file]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def get_text(record, key):
    return (record.get(key) or "").strip()


def check_full(record):
    """What an op or a pass lacks."""
    if not get_text(record, "summary"):
        yield "has no summary"
    if not get_text(record, "description"):
        yield "has no description"
    elif EXAMPLE not in record["description"]:
        yield f"has no example ({EXAMPLE}) in its description"


def check_file(root, includes, file):
    records = read_records(root, includes, file)
    instances = records["!instanceof"]
    name = file.relative_to(root)
    # What the file gets from others is reported there.
    own = {line.split()[1].split("<")[0].rstrip(":") for path in file.parent.glob("*.td")
           for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("def ")}

    def select(kind):
        return [records[key] for key in instances.get(kind, []) if key in own]

    for op in select("Op"):
        mnemonic = f"{records[op['opDialect']['def']]['name']}.{op['opName']}"
        for problem in check_full(op):
            yield f"{name}: {mnemonic} {problem}"
    for a_pass in select("PassBase"):
        for problem in check_full(a_pass):
            yield f"{name}: -{a_pass['argument']} {problem}"
    for kind in ("Dialect", "Interface", "AttrDef", "TypeDef"):
        for record in select(kind):
            # Of an enum's attribute the enum says it.
            enum = record.get("enum")
            if enum:
                record = {**record, "summary": records[enum["def"]].get("summary")}
            if not get_text(record, "summary") and not get_text(record, "description"):
                yield f"{name}: {record['!name']} has neither summary nor description"


def main():
    root = pathlib.Path(sys.argv[1])
    problems, count = [], 0
    for file in sorted([*root.glob("dialects/*/*Ops.td"), *root.glob("passes/*/Passes.td")]):
        # Parts of another file do not stand alone.
        if file.name.startswith("NN") and file.name != "NNOps.td":
            continue
        count += 1
        problems += check_file(root, sys.argv[2:], file)
    print("\n".join(problems))
    return 1 if problems or not count else 0


if __name__ == "__main__":
    sys.exit(main())
