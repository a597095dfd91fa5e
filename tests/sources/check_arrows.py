"""Walks the includes of the sources and compares them with the arrows of the architecture page, its block ```arrows:

    engine: heads datasets backbone base       the folder engine/ and all below it may include these folders
    engine/training: files runtime             among the rooms of engine/, this one may include those beside it
    engine/report: -                           a room that includes none of its neighbours

A room is a folder with sources. The exit code is 1 for an include along no arrow, an arrow that nothing goes along, a
room that the page does not know or that is not there, rooms that include each other in a ring, and a room of more than
MOST_SOURCES pairs of files.

Usage: python check_arrows.py SOURCE_FOLDER
"""
import collections
import pathlib
import re
import sys

SUFFIXES = {".h", ".cpp", ".inl", ".cu", ".cuh"}
INCLUDE = re.compile(r'^\s*#include "([^"]+)"', re.M)
BLOCK = re.compile(r"^```arrows\n(.*?)^```", re.M | re.S)
MOST_SOURCES = 25


def read_arrows(page):
    blocks = BLOCK.findall(page.read_text())
    if len(blocks) != 1:
        sys.exit(f"{page} has {len(blocks)} blocks of arrows, and needs one")
    arrows = {}
    for line in blocks[0].splitlines():
        room, colon, targets = line.partition(":")
        if not colon or room in arrows:
            sys.exit(f"{page}: not an arrow, or a second line for its room: {line!r}")
        arrows[room] = [] if targets.strip() == "-" else targets.split()
    return arrows


def read_includes(source, tops):
    """Room -> room it includes -> one of the files that do; and room -> its files."""
    includes, rooms = collections.defaultdict(dict), collections.defaultdict(set)
    for top in tops:
        for path in sorted((source / top).rglob("*")):
            if path.suffix not in SUFFIXES:
                continue
            room = path.parent.relative_to(source).as_posix()
            rooms[room].add(path.stem)
            for target in INCLUDE.findall(path.read_text()):
                other = pathlib.PurePosixPath(target).parent.as_posix()
                if other != room and other.split("/")[0] in tops:
                    includes[room].setdefault(other, f"{path.relative_to(source)} includes {target}")
    return includes, rooms


def top_of(room):
    return room.split("/")[0]


def inner(room):
    """A room's name among its neighbours: "training/loop" for "engine/training/loop", "." for "engine" itself."""
    return room.partition("/")[2] or "."


def find_ring(includes):
    state = {}

    def visit(room, way):
        state[room] = "open"
        for other in includes.get(room, ()):
            if state.get(other) == "open":
                return [*way, room, other]
            if other not in state and (ring := visit(other, [*way, room])):
                return ring
        state[room] = "done"
        return None

    for room in list(includes):
        if room not in state and (ring := visit(room, [])):
            return ring[ring.index(ring[-1]):]
    return None


def check(source):
    arrows = read_arrows(source / "docs" / "architecture.md")
    tops = [room for room in arrows if "/" not in room]
    includes, rooms = read_includes(source, tops)
    used, faults = collections.defaultdict(set), []
    for room, others in includes.items():
        for other, example in others.items():
            if top_of(room) != top_of(other):
                key, target = top_of(room), top_of(other)
            else:
                # a top folder's own sources stand on the line "engine/."
                key, target = f"{top_of(room)}/{inner(room)}", inner(other)
            used[key].add(target)
            if target not in arrows.get(key, ()):
                faults.append(f"no arrow {key}: {target} ({example})")
    for room, targets in arrows.items():
        faults += [f"nothing goes along {room}: {target}" for target in targets if target not in used[room]]
    known = {room for room in arrows if "/" in room}
    there = {f"{top_of(room)}/{inner(room)}" for room in rooms}
    faults += [f"{room} is missing on the page" for room in sorted(there - known)]
    faults += [f"{room} is on the page and has no source" for room in sorted(known - there)]
    faults += [f"{room} has {len(stems)} sources: it needs inner walls" for room, stems in sorted(rooms.items())
               if len(stems) > MOST_SOURCES]
    if ring := find_ring(includes):
        faults.append("a ring: " + " -> ".join(ring))
    return rooms, faults


def main(source):
    rooms, faults = check(pathlib.Path(source).resolve())
    print("\n".join(faults))
    print(f"{len(rooms)} rooms, {len(faults)} faults")
    sys.exit(1 if faults or len(rooms) < 10 else 0)


if __name__ == "__main__":
    main(sys.argv[1])
