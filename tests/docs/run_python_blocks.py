"""Runs the Python blocks of a document as a reader would, one after the other in one interpreter and one folder.

Usage: python run_python_blocks.py SOURCE_FOLDER DOCUMENT, with what the blocks import on PYTHONPATH

`models/` is where the document expects it, and there is a small photo.jpg of our own. Comments before a block change it
as run_blocks.py has it. Where a package is missing, the exit code is 77.
"""
import os
import pathlib
import sys
import tempfile

from run_blocks import blocks


def main(source, document):
    source, document = pathlib.Path(source).resolve(), pathlib.Path(document).resolve()
    names, ran = {}, 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.chdir(folder)
        (folder / "models").symlink_to(source / "models")
        try:
            from PIL import Image

            Image.linear_gradient("L").resize((60, 45)).convert("RGB").save("photo.jpg")
            for line, body in blocks(document, "python"):
                exec(compile("\n" * (line - 1) + body, document, "exec"), names)
                ran += 1
        except ModuleNotFoundError as error:
            print(f"skipped: {error}")
            sys.exit(77)
        finally:
            os.chdir(source)
    if not ran:
        sys.exit(f"{document}: no block to run")


if __name__ == "__main__":
    main(*sys.argv[1:])
