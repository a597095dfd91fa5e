#!/usr/bin/env python3
"""map_agreement.py FOLDER_A FOLDER_B: share of pixels that two runs of `multipole segment predict` label alike.

For example, tiles against whole pictures:
  multipole segment predict --model M --tile none --out whole pictures
  multipole segment predict --model M --tile 512  --out tiles pictures
  tools/map_agreement.py whole tiles
"""
import pathlib
import struct
import sys
import zlib


def read_map(path):
    """Height, width and class ids of a palette PNG as `segment predict` writes it: eight bits, unfiltered rows."""
    data = path.read_bytes()
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise SystemExit(f"{path}: not a PNG")
    width, height, depth, color_type = struct.unpack(">IIBB", data[16:26])
    if (depth, color_type) != (8, 3):
        raise SystemExit(f"{path}: not a label map (bit depth {depth}, colour type {color_type})")
    offset, packed = 8, []
    while offset < len(data):
        size, kind = struct.unpack(">I4s", data[offset:offset + 8])
        if kind == b"IDAT":
            packed.append(data[offset + 8:offset + 8 + size])
        offset += size + 12
    rows = zlib.decompress(b"".join(packed))
    if any(rows[::width + 1]):
        raise SystemExit(f"{path}: filtered rows, written by another program")
    return height, width, b"".join(rows[y * (width + 1) + 1:(y + 1) * (width + 1)] for y in range(height))


def main(first, second):
    same = total = 0
    for path in sorted(pathlib.Path(first).rglob("*.png")):
        if path.stem.endswith((".probability", ".uncertainty")):
            continue
        name = path.relative_to(first)
        a, b = read_map(path), read_map(pathlib.Path(second) / name)
        if a[:2] != b[:2]:
            raise SystemExit(f"{name}: {a[0]} x {a[1]} and {b[0]} x {b[1]} pixels")
        difference = int.from_bytes(a[2], "big") ^ int.from_bytes(b[2], "big")
        equal = difference.to_bytes(len(a[2]), "big").count(0)
        print(f"{100 * equal / len(a[2]):.3f}%  {name}")
        same, total = same + equal, total + len(a[2])
    if total == 0:
        raise SystemExit(f"no maps in {first}")
    print(f"{100 * same / total:.3f}%  of all {total} pixels")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
