"""What `multipole embed` writes, read by NumPy: vectors that a classifier's last layer makes its logits of, and maps.

Usage: python test_embed.py MULTIPOLE MODEL
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "python"))
from multipole_mirror import load  # noqa: E402
from picture_file import write_png  # noqa: E402

PROGRAM, MODEL = sys.argv[1], sys.argv[2]
COUNT = 5


class Embed(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.model, self.metadata = load(MODEL)
        side = self.metadata["preprocessing"]["image_size"]
        self.images = torch.randint(0, 256, (COUNT, side, side, 3), dtype=torch.uint8)
        (self.folder / "photos").mkdir()
        for i, image in enumerate(self.images):
            write_png(self.folder / "photos" / f"{i}.png", image)

    def embed(self, *words):
        subprocess.run([PROGRAM, "embed", MODEL, str(self.folder / "photos"), "--device", "cpu", "--precision", "float32",
                        "--quiet", *words], check=True)

    def logits(self):
        mean, std = (torch.tensor(self.metadata["preprocessing"][key]) for key in ("mean", "std"))
        with torch.no_grad():
            return self.model(((self.images / 255 - mean) / std).permute(0, 3, 1, 2))

    def last_layer(self, vectors):
        weights = self.model.state_dict()
        with torch.no_grad():
            return torch.from_numpy(vectors) @ weights["head.linear.weight"].T + weights["head.linear.bias"]

    def test_vectors_before_the_last_layer(self):
        self.embed("--out", str(self.folder / "v.npy"))
        vectors = np.load(self.folder / "v.npy")
        self.assertEqual(vectors.dtype, np.float32)
        self.assertEqual(len(vectors), COUNT)
        names = (self.folder / "v.npy.txt").read_text().splitlines()
        self.assertEqual(names, [str(self.folder / "photos" / f"{i}.png") for i in range(COUNT)])
        torch.testing.assert_close(self.last_layer(vectors), self.logits(), rtol=1e-3, atol=1e-3)

    def test_csv_and_lengths(self):
        self.embed("--out", str(self.folder / "v.csv"), "--normalize")
        rows = np.loadtxt(self.folder / "v.csv", delimiter=",", skiprows=1, dtype=str)
        np.testing.assert_allclose(np.linalg.norm(rows[:, 1:].astype(np.float32), axis=1), 1, rtol=1e-5)

    def test_maps_of_each_picture(self):
        self.embed("--map", "--out", str(self.folder / "maps"))
        lines = [json.loads(line) for line in (self.folder / "maps" / "results.jsonl").read_text().splitlines()]
        maps = np.stack([np.load(self.folder / "maps" / line["file"]) for line in lines])
        self.assertEqual(maps.ndim, 4)
        torch.testing.assert_close(self.last_layer(maps.mean((2, 3))), self.logits(), rtol=1e-3, atol=1e-3)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
