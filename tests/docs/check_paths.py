"""Checks that what the documents name is there: targets of links, paths that begin with a folder of the repository,
pages and files in code spans, and pages that are cited by a name in capitals ("PLAN section 3"). And that no table has
two rows for one path.

Usage: python check_paths.py SOURCE_FOLDER
The exit code is 1 where something is missing or stands twice.
"""
import pathlib
import re
import sys

FOLDERS = ("apps", "backbone", "base", "configs", "datasets", "docs", "engine", "examples", "heads", "models", "python", "tasks", "tests", "tools")
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
PATH = re.compile(rf"(?<![\w./-])(?:{'|'.join(FOLDERS)})/[\w./-]*")
SPAN = re.compile(r"`([\w-]+\.(?:md|h|cpp))`")
PAGE = re.compile(r"\b([A-Z]{3,}) section \d")
TABLE = re.compile(r"(?:^\|.*\n)+", re.M)
TO_BE_MADE = re.compile(r"(?:.*/)?mine(?:[/.].*)?")  # by the reader


def exists(path):
    """`a/b`, or a source by its name without a suffix."""
    return path.exists() or any(path.parent.glob(path.name + ".*"))


def missing(document, source, file_names):
    text = document.read_text()
    for target in LINK.findall(text):
        if ":" not in target and not (document.parent / target).exists():
            yield target
    for path in PATH.findall(text):
        if not TO_BE_MADE.fullmatch(path.rstrip(".")) and not exists(source / path.rstrip(".")):
            yield path
    for name in SPAN.findall(text):
        # a page stands beside the document or above it, a file of code anywhere
        near = any((folder / name).exists() for folder in (document.parent, *document.parent.parents))
        if not near if name.endswith(".md") else name not in file_names:
            yield name
    for name in PAGE.findall(text):
        if not any((folder / f"{name}.md").exists() for folder in (source, source / "docs")):
            yield f"{name} (cited by sections)"


def rows_twice(document):
    for table in TABLE.findall(document.read_text()):
        firsts = [row.split("|")[1] for row in table.splitlines()]
        paths = [path for first in firsts for path in re.findall(r"`([^`]+/[^`]*)`", first)]
        yield from sorted({path for path in paths if paths.count(path) > 1})


def main(source):
    source = pathlib.Path(source).resolve()
    file_names = {path.name for folder in FOLDERS for path in (source / folder).rglob("*")}
    documents = [source / "README.md", *sorted((source / "docs").rglob("*.md"))]
    found = [f"{document.relative_to(source)} names {name}, which is not there"
             for document in documents for name in missing(document, source, file_names)]
    found += [f"{document.relative_to(source)} has two rows for {path} in one table"
              for document in documents for path in rows_twice(document)]
    print("\n".join(found))
    print(f"{len(documents)} documents, {len(found)} faults")
    sys.exit(1 if found or len(documents) < 2 else 0)


if __name__ == "__main__":
    main(sys.argv[1])
