"""Pictures for tests without a library for them."""
import struct
import zlib


def write_png(path, image):
    """(H, W, 3) uint8"""
    height, width, _ = image.shape
    rows = b"".join(b"\0" + bytes(row.flatten().tolist()) for row in image)

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
