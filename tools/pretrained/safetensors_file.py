"""Writes safetensors files of 32-bit numbers (https://github.com/huggingface/safetensors), without any package."""
import json
import math
import struct


def write_safetensors(path, tensors):
    """tensors: {name: (shape, bytes)}, little-endian."""
    header, place = {"__metadata__": {"format": "pt"}}, 0
    for name, (shape, data) in sorted(tensors.items()):
        if len(data) != 4 * math.prod(shape):
            raise ValueError(f"{name}: expected {math.prod(shape)} 32-bit numbers, found {len(data)} bytes")
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [place, place + len(data)]}
        place += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, (_, data) in sorted(tensors.items()):
            file.write(data)
