#!/usr/bin/env python3
"""Large pictures out of small ones: mosaics of them at several scales.

Every picture of FOLDER is a unit of a grid; it takes one cell of it at scale 1, 2 x 2 cells at scale 2 and so on. Cells
are filled from the upper left with pictures in random order and at random scales, and what reaches beyond the mosaic is
cut off. For example, six pictures of six megapixels out of CamVid's test split, to see how well maps in tiles agree with
those of the whole (docs/high_resolution.md):

  tools/mosaic.py camvid/images/test mosaics --size 2880x2160 --scales 1,2,3 --count 6

With --masks the pictures' masks (PNGs of the same names) are put together in the same way, and OUT has two folders,
images/ and annotations/, as `multipole segment` takes them.

Needs Pillow.
"""
import argparse
import pathlib
import random

from PIL import Image

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"}


def read_size(text):
    width, height = map(int, text.lower().split("x"))
    return width, height


def room_at(free, row, column, most):
    """The largest scale up to `most` whose cells from (row, column) on are free; cells beyond the grid are."""
    scale = 1
    while scale < most and all(free.get((row + i, column + j), True) for i in range(scale + 1)
                               for j in range(scale + 1)):
        scale += 1
    return scale


def read_picture(path, size):
    with Image.open(path) as file:
        return file.convert("RGB").resize(size, Image.Resampling.BICUBIC)


def read_mask(path, size):
    with Image.open(path) as file:
        if file.mode not in ("L", "P"):
            raise SystemExit(f"{path}: a mask of class ids is needed, 8 bits a pixel; this one is {file.mode}")
        ids = Image.frombytes("L", file.size, file.tobytes())  # ids, whatever colours a palette gives them
        return ids.resize(size, Image.Resampling.NEAREST)


def mosaic(pictures, unit, size, scales, source, masks=None):
    """Picture and mask (None without `masks`); `pictures` gives paths without end, `unit` is a cell's size."""
    columns, rows = -(-size[0] // unit[0]), -(-size[1] // unit[1])
    free = {(row, column): True for row in range(rows) for column in range(columns)}
    out, labels = Image.new("RGB", size), Image.new("L", size, 255) if masks else None
    for row in range(rows):
        for column in range(columns):
            if not free[row, column]:
                continue
            most = room_at(free, row, column, max(scales))
            scale = source.choice([scale for scale in scales if scale <= most] or [1])
            for i in range(scale):
                for j in range(scale):
                    free[row + i, column + j] = False
            path, sides = next(pictures), (scale * unit[0], scale * unit[1])
            place = (column * unit[0], row * unit[1])
            out.paste(read_picture(path, sides), place)
            if masks:
                labels.paste(read_mask(masks / f"{path.stem}.png", sides), place)
    return out, labels


def endless(paths, source):
    while True:
        yield from source.sample(paths, len(paths))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--size", type=read_size, default=(2880, 2160), help="WIDTHxHEIGHT of each mosaic")
    parser.add_argument("--scales", type=lambda text: [int(word) for word in text.split(",")], default=[1, 2, 3])
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--format", choices=["jpg", "png"], default="jpg", help="JPEG of quality 95, or PNG")
    parser.add_argument("--masks", type=pathlib.Path, help="folder of the pictures' masks")
    given = parser.parse_args()
    paths = sorted(path for path in given.folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not paths or min(given.scales) < 1:
        parser.error(f"no pictures in {given.folder}" if not paths else "--scales: whole numbers from 1")
    pictures_out = given.out / "images" if given.masks else given.out
    pictures_out.mkdir(parents=True, exist_ok=True)
    if given.masks:
        (given.out / "annotations").mkdir(exist_ok=True)
    source = random.Random(given.seed)
    pictures = endless(paths, source)
    with Image.open(paths[0]) as first:
        unit = first.size
    for index in range(given.count):
        path = pictures_out / f"mosaic_{index:02}.{given.format}"
        picture, labels = mosaic(pictures, unit, given.size, given.scales, source, given.masks)
        picture.save(path, quality=95)
        if labels:
            labels.save(given.out / "annotations" / f"{path.stem}.png")
        print(path)


if __name__ == "__main__":
    main()
