#!/usr/bin/env python3
"""How much of label maps is right: pixel accuracy and mIoU of the PNGs in MAPS against masks of the same names.

  multipole segment predict --model MODEL --tile 640 --out maps mosaics/images
  tools/compare_maps.py maps mosaics/annotations

Pixels that a mask stores 255 for do not count; a pixel of a map that is 255 is wrong. The mIoU is over the classes that
masks or maps have, all pictures together. Needs Pillow and NumPy.
"""
import argparse
import pathlib

import numpy
from PIL import Image

IGNORED = 255


def read_ids(path):
    with Image.open(path) as file:
        return numpy.frombuffer(file.tobytes(), numpy.uint8).reshape(file.height, file.width)


def count(mask, labels):
    """(256, 256) pixels by class in the mask and in the map."""
    seen = mask != IGNORED
    pairs = mask[seen].astype(numpy.int64) * 256 + labels[seen]
    return numpy.bincount(pairs, minlength=256 * 256).reshape(256, 256)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("maps", type=pathlib.Path)
    parser.add_argument("masks", type=pathlib.Path)
    given = parser.parse_args()
    paths = sorted(path for path in given.masks.glob("*.png") if (given.maps / path.name).exists())
    if not paths:
        parser.error(f"no map in {given.maps} has the name of a mask in {given.masks}")
    total = numpy.zeros((256, 256), numpy.int64)
    for path in paths:
        mask, labels = read_ids(path), read_ids(given.maps / path.name)
        if mask.shape != labels.shape:
            parser.error(f"{path.name}: the mask is {mask.shape[1]} x {mask.shape[0]}, "
                         f"the map {labels.shape[1]} x {labels.shape[0]}")
        counts = count(mask, labels)
        print(f"{path.name}: {100 * counts.trace() / max(1, counts.sum()):.2f}% of the pixels")
        total += counts
    right, either = total.diagonal(), total.sum(0) + total.sum(1) - total.diagonal()
    ious = right[either > 0] / either[either > 0]
    print(f"all: {100 * right.sum() / max(1, total.sum()):.2f}% of the pixels, mIoU {100 * ious.mean():.2f}%")


if __name__ == "__main__":
    main()
