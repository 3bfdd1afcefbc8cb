"""Checks the READMEs: every top-level folder has one that names the folders in it, the main
one has at most 150 lines, that of dialects explains every attribute of a header, and what
links and `folder/file` in code marks name is there.

check_readmes.py ROOT prints what is wrong, and exits with 1 then.
"""

import pathlib
import re
import sys

FOLDERS = "compiler dialects passes runtime tools test models".split()
MOST_LINES = 150
# What only lies there, and what runs leave behind.
UNNAMED = {"data", "zoo", "out", "__pycache__"}
LINK = re.compile(r"\]\(([^)\s]+)\)")
ATTRIBUTE = re.compile(r'StringLiteral\s+k\w+Attr\s*=\s*"(\w+\.\w+)"')
NAMED = re.compile(r"`((?:%s)/[\w./-]+\.(?:h|cpp|td|py|test|mlir))`" % "|".join(FOLDERS))


def make_anchor(heading):
    """As GitHub makes it of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def find_faults(root):
    readmes = [root / "README.md"]
    for folder in FOLDERS:
        readme = root / folder / "README.md"
        if readme.is_file():
            readmes.append(readme)
        elif readme.parent.is_dir():
            yield f"{folder}: has no README.md"
    for readme in readmes:
        name = readme.relative_to(root)
        text = readme.read_text(encoding="utf-8")
        lines = text.count("\n")
        if readme.parent == root and lines > MOST_LINES:
            yield f"{name}: has {lines} lines, at most {MOST_LINES} are meant"
        for folder in sorted(readme.parent.glob("*/")):
            if (readme.parent != root and any(folder.glob("*.*"))
                    and folder.name not in UNNAMED and f"`{folder.name}" not in text):
                yield f"{name}: does not name the folder {folder.name}"
        for link in LINK.findall(text):
            if "://" in link:
                continue
            path, _, anchor = link.partition("#")
            target = (readme.parent / path).resolve() if path else readme
            if not target.exists():
                yield f"{name}: {link} is not there"
            elif anchor and anchor not in {
                    make_anchor(line.lstrip("#"))
                    for line in target.read_text(encoding="utf-8").splitlines()
                    if line.startswith("#")}:
                yield f"{name}: {link} is no heading there"
        for file in NAMED.findall(text):
            if not (root / file).exists():
                yield f"{name}: names {file}, which is not there"
    glossary = readmes[0].parent / "dialects" / "README.md"
    if glossary.is_file():
        text = glossary.read_text(encoding="utf-8")
        for header in sorted(root.glob("*/*/*.h")):
            for attribute in ATTRIBUTE.findall(header.read_text(encoding="utf-8")):
                if f"`{attribute}`" not in text:
                    yield f"dialects/README.md: does not explain {attribute} of {header.name}"


def main():
    faults = list(find_faults(pathlib.Path(sys.argv[1])))
    for fault in faults:
        print(fault)
    return 1 if faults else 0


sys.exit(main())
