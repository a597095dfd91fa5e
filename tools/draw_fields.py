#!/usr/bin/env python3
"""Draws a landscape as a satellite would see it, for tutorials and tests: water, fields and forest.

  tools/draw_fields.py FOLDER [--train 12] [--val 4] [--size 128] [--scene 900x700] [--seed 0]

leaves GeoTIFFs of four bands (blue, green, red, near infrared) of 16 bits in EPSG:32633, ten metres a pixel, 0 where
there is no data, with masks of the same names: FOLDER/images/<split>/*.tif and FOLDER/masks/<split>/*.png (0 water,
1 field, 2 forest, 255 unlabelled), FOLDER/classes.txt, and a larger FOLDER/scene.tif without a mask. Needs Python alone.
"""
import argparse
import array
import math
import pathlib
import random
import struct
import sys
import zlib

METRES = 10
LEFT, TOP = 380000, 5820000  # of the landscape, which all pictures are parts of
BANDS = ((620, 540, 380, 240), (760, 980, 900, 2500), (480, 690, 500, 3300))  # of water, field and forest
NOISE = 130
UNLABELLED = 255


def write_tiff(path, width, height, samples, left, top):
    """`samples`: array('H') of the pixels' bands, row by row."""
    rows = 32
    strips = [samples[i:i + rows * width * 4].tobytes() for i in range(0, len(samples), rows * width * 4)]
    body, offsets = b"", []
    for strip in strips:
        offsets.append(8 + len(body))
        body += strip
    tags = [(256, "I", [width]), (257, "I", [height]), (258, "H", [16] * 4), (259, "H", [1]), (262, "H", [1]),
            (273, "I", offsets), (277, "H", [4]), (278, "I", [rows]), (279, "I", list(map(len, strips))),
            (338, "H", [0] * 3), (339, "H", [1] * 4), (33550, "d", [METRES, METRES, 0]),
            (33922, "d", [0, 0, 0, left, top, 0]), (34735, "H", [1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32633]),
            (42113, "s", [b"0\0"])]
    entries = struct.pack("<H", len(tags))
    for code, kind, values in tags:
        packed = values[0] if kind == "s" else struct.pack(f"<{len(values)}{kind}", *values)
        count = len(packed) if kind == "s" else len(values)
        place = packed.ljust(4, b"\0")
        if len(packed) > 4:
            place = struct.pack("<I", 8 + len(body))
            body += packed + b"\0" * (len(packed) % 2)
        entries += struct.pack("<HHI", code, {"s": 2, "H": 3, "I": 4, "d": 12}[kind], count) + place
    path.write_bytes(b"II*\0" + struct.pack("<I", 8 + len(body)) + body + entries + b"\0" * 4)


def write_png(path, width, height, labels):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = b"".join(b"\0" + labels[y * width:(y + 1) * width] for y in range(height))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) +
                     chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Landscape:
    def __init__(self, seed):
        self.source = random.Random(seed)
        self.waves = []
        for length in (610, 430, 260, 150, 90, 47):
            angle = self.source.uniform(0, 2 * math.pi)
            self.waves.append((math.cos(angle) * 2 * math.pi / length, math.sin(angle) * 2 * math.pi / length,
                               self.source.uniform(0, 2 * math.pi)))

    def draw(self, x, y, width, height, nodata_right):
        """Samples and labels of the part that begins at pixel (x, y); nothing is known of a slanted strip at its right."""
        samples, labels, noise = array.array("H"), bytearray(), self.source.gauss
        for v in range(y, y + height):
            known = x + width - nodata_right - (v - y) // 8 if nodata_right else x + width
            across = [(a, b * v + phase) for a, b, phase in self.waves]
            for u in range(x, x + width):
                if u >= known:
                    samples.extend((0, 0, 0, 0))
                    labels.append(UNLABELLED)
                    continue
                level = sum(math.sin(a * u + rest) for a, rest in across)
                label = 0 if level < -1.1 else 1 if level < 0.9 else 2
                samples.extend(max(1, round(noise(band, NOISE))) for band in BANDS[label])
                labels.append(label)
        if sys.byteorder == "big":
            samples.byteswap()
        return samples, bytes(labels)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--train", type=int, default=12)
    parser.add_argument("--val", type=int, default=4)
    parser.add_argument("--size", type=int, default=128, help="height and width of the pictures with masks")
    parser.add_argument("--scene", default="900x700", help="width and height of the scene")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    land = Landscape(given.seed)
    for split, count, row in (("train", given.train, 0), ("val", given.val, 1)):
        for kind in ("images", "masks"):
            (given.folder / kind / split).mkdir(parents=True, exist_ok=True)
        for i in range(count):
            x, y = 2 * given.size * i, 2 * given.size * row
            samples, labels = land.draw(x, y, given.size, given.size, given.size // 4 if i % 4 == 3 else 0)
            name = f"field_{i:02}"
            write_tiff(given.folder / "images" / split / f"{name}.tif", given.size, given.size, samples,
                       LEFT + METRES * x, TOP - METRES * y)
            write_png(given.folder / "masks" / split / f"{name}.png", given.size, given.size, labels)
    (given.folder / "classes.txt").write_text("water\t60 120 200\nfield\t230 200 90\nforest\t40 120 70\n")
    width, height = map(int, given.scene.split("x"))
    y = 4 * given.size
    samples, _ = land.draw(0, y, width, height, width // 8)
    write_tiff(given.folder / "scene.tif", width, height, samples, LEFT, TOP - METRES * y)


if __name__ == "__main__":
    main()
