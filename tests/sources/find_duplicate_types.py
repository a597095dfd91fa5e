"""Finds types that two files define by the same name in the same namespace: in one program that is undefined behaviour,
which no compiler and no linker reports. Types of anonymous namespaces and of functions are their file's own; those of
a class go with its name, and a file may define one for it alone where another does so in other builds.

Usage: python find_duplicate_types.py SOURCE_FOLDER FOLDER...     (the folders below SOURCE_FOLDER to look into)
The exit code is 1 where there are such types.
"""
import collections
import pathlib
import re
import sys

SUFFIXES = {".h", ".cpp", ".cu", ".cuh", ".inl"}
# what is no code: comments, raw strings, strings, characters, preprocessor lines with their continuations
NO_CODE = re.compile(r"""//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<!\w)'(?:\\.|[^'\\\n])+'|"""
                     r"""^[ \t]*\#(?:[^\n]*\\\n)*[^\n]*""", re.S | re.M)
NAMESPACE = re.compile(r"(?:inline\s+)?namespace\s*(?P<name>[\w:]*)$")
TYPE = re.compile(r"(?:class|struct|union|enum(?:\s+(?:class|struct))?)\s+(?:alignas\s*\([^)]*\)\s*|\[\[.*?\]\]\s*)*"
                  r"(?P<name>[\w:]+(?:<.*?>)?)\s*(?:final\s*)?(?::[^:].*)?$", re.S)
ANONYMOUS = "(anonymous)"


def without_template(head):
    """`head` after its leading template <...> lists."""
    while match := re.match(r"template\s*<", head):
        depth, end = 1, match.end()
        while depth and end < len(head):
            depth += {"<": 1, ">": -1}.get(head[end], 0)
            end += 1
        head = head[end:].lstrip()
    return head


def types_of(text):
    """Full names of the types that a file defines in namespaces that have a name."""
    text = NO_CODE.sub(" ", text)
    scopes = []  # of the open braces: the name of a namespace, or None for all else
    names, begin = [], 0
    for match in re.finditer(r"[;{}]", text):
        head, begin = text[begin:match.start()].strip(), match.end()
        if match[0] == "}":
            if scopes:
                scopes.pop()
            continue
        if match[0] == ";":
            continue
        head = without_template(head)
        if namespace := NAMESPACE.match(head):
            scopes.append(namespace["name"] or ANONYMOUS)
        elif head == "extern":  # "C" went with the strings
            scopes.append("")
        else:
            kind = TYPE.match(head)
            if kind and "::" not in kind["name"].split("<")[0] and None not in scopes and ANONYMOUS not in scopes:
                names.append("::".join([*filter(None, scopes), re.sub(r"\s+", "", kind["name"])]))
            scopes.append(None)
    return names


def main(source, *folders):
    source = pathlib.Path(source)
    places = collections.defaultdict(set)
    for folder in folders:
        for path in sorted((source / folder).rglob("*")):
            if path.suffix in SUFFIXES:
                for name in types_of(path.read_text()):
                    places[name].add(str(path.relative_to(source)))
    twice = {name: files for name, files in places.items() if len(files) > 1}
    for name, files in sorted(twice.items()):
        print(f"{name} is defined in {' and in '.join(sorted(files))}: give one of them another name")
    print(f"{len(places)} types, {len(twice)} of them in more than one file")
    if not places:
        sys.exit("no type found: the folders are wrong")
    sys.exit(1 if twice else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
