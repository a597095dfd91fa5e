"""Runs the shell blocks of a document as a reader would, one after the other in one folder.

Usage: python run_blocks.py MULTIPOLE SOURCE_FOLDER DOCUMENT

Every block that starts with ```sh runs under `bash -e`, with `build/multipole`, `models/`, `configs/` and `tools/`
where the document expects them, and with a small photo.jpg, photos/ and streets/ of our own, and the folders dinov2 and
dinov2-classifier as they are published, with random weights. A comment on the line before a block changes
that:
    <!-- not run: reason -->              the block is shown as left out, with its reason
    <!-- run with: PATTERN => TEXT -->    every PATTERN in the block is replaced, for a smaller variant
The exit code is that of the first block that fails, and 1 where a document has no block to run.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

from published_folder import write_published_folder

BLOCK = re.compile(r"(?:<!-- (?P<rule>[^\n]*?) -->\n)?```(?P<language>\w+)\n(?P<body>.*?)```", re.S)


def blocks(document, language):
    """(line, text) of every block of a language that is to be run, changed as the line before it says."""
    text = pathlib.Path(document).read_text()
    for match in BLOCK.finditer(text):
        if match["language"] != language:
            continue
        line = text[:match.start("body")].count("\n") + 1
        body, rule = match["body"], match["rule"] or ""
        if rule.startswith("not run: "):
            print(f"{document}:{line}: left out: {rule[9:]}")
            continue
        if rule.startswith("run with: "):
            for change in rule[10:].split(" ; "):
                pattern, _, replacement = change.partition(" => ")
                if pattern not in body:
                    sys.exit(f"{document}:{line}: nothing to replace: {pattern}")
                body = body.replace(pattern, replacement)
        print(f"{document}:{line}: {body.strip()}", flush=True)
        yield line, body


def prepare(folder, program, source):
    (folder / "build").mkdir()
    for path in program.parent.iterdir():
        if path.name in ("multipole", "libmultipole_ops.so"):
            (folder / "build" / path.name).symlink_to(path)
    for name in ("models", "configs", "tools"):
        (folder / name).symlink_to(source / name)
    drawn = folder / "drawn"
    subprocess.run([program, "data", "synth", "--out", drawn, "--classes", "2", "--train", "24", "--val", "8", "--size",
                    "32"], check=True, capture_output=True)
    drawn.rename(folder / "photos")
    subprocess.run([program, "data", "synth", "--kind", "segment", "--out", folder / "streets", "--classes", "3", "--train",
                    "8", "--val", "4", "--size", "32"], check=True, capture_output=True)
    picture = sorted((folder / "photos" / "val").rglob("*.png"))[0]
    (folder / "photo.jpg").write_bytes(picture.read_bytes())  # told by its content, not by its name
    write_published_folder(folder / "dinov2")
    write_published_folder(folder / "dinov2-classifier", ["square", "disc"])
    (folder / "more").mkdir()
    (folder / "more" / "one.png").write_bytes(picture.read_bytes())


def main(program, source, document):
    program, source = pathlib.Path(program).resolve(), pathlib.Path(source).resolve()
    ran = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        prepare(folder, program, source)
        for _, body in blocks(document, "sh"):
            run = subprocess.run(["bash", "-eo", "pipefail", "-c", body], cwd=folder, capture_output=True, text=True)
            if run.returncode:
                print(run.stdout[-3000:], run.stderr[-3000:], sep="\n")
                sys.exit(run.returncode)
            ran += 1
    if not ran:
        sys.exit(f"{document}: no block to run")


if __name__ == "__main__":
    main(*sys.argv[1:])
