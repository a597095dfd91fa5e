"""The PyTorch mirror against the program: the same probabilities for the same pictures.

Usage: python test_mirror.py MULTIPOLE MODEL
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "python"))
from multipole_mirror import Classifier, load, read_safetensors  # noqa: E402
from picture_file import write_png  # noqa: E402

PROGRAM, MODEL = sys.argv[1], sys.argv[2]


class Mirror(unittest.TestCase):
    def test_probabilities_of_the_shipped_model(self):
        model, metadata = load(MODEL)
        preprocessing = metadata["preprocessing"]
        side = preprocessing["image_size"]
        images = torch.randint(0, 256, (4, side, side, 3), dtype=torch.uint8)
        images[0] = torch.arange(side, dtype=torch.uint8)[:, None, None]  # a smooth one among the noise
        with tempfile.TemporaryDirectory() as folder:
            paths = [pathlib.Path(folder) / f"{i}.png" for i in range(len(images))]
            for path, image in zip(paths, images):
                write_png(path, image)
            run = subprocess.run([PROGRAM, "classify", "predict", "--model", MODEL, "--format", "json", "--top-k", "1000",
                                  "--precision", "float32",
                                  *map(str, paths)], capture_output=True, text=True, check=True)
        mean, std = torch.tensor(preprocessing["mean"]), torch.tensor(preprocessing["std"])
        with torch.no_grad():
            logits = model(((images / 255 - mean) / std).permute(0, 3, 1, 2))
        temperature = metadata["training"].get("calibration", {}).get("temperature", 1.0)
        expected = (logits.double() / temperature).softmax(1)
        lines = run.stdout.splitlines()
        self.assertEqual(len(lines), len(images))
        for line, row in zip(lines, expected):
            for prediction in json.loads(line)["predictions"]:
                self.assertLess(abs(prediction["probability"] - row[prediction["index"]].item()), 1e-5)

    def test_odd_sizes_run(self):
        model, _ = load(MODEL)
        with torch.no_grad():
            self.assertTrue(model(torch.randn(1, 3, 37, 21)).isfinite().all())

    def test_other_architectures_are_errors(self):
        metadata = json.loads(read_safetensors(MODEL)[1]["multipole"])["architecture"]
        Classifier(metadata)
        for change in ({"head": {"pooling": "attention"}}, {"backbone": {"embedding": "patches"}}, {"backbone": {"embedding": "overlapping"}},
                       {"backbone": {"mlp_conv": True}}, {"backbone": {"mlp_kernels": [3, 1, 1, 1]}},
                       {"backbone": {"stage_norms": False}}, {"backbone": {"of_tomorrow": 0}},
                       {"backbone": {"attention": {"type": "window"}}}):
            other = {key: {**metadata[key], **change.get(key, {})} if isinstance(metadata[key], dict) else metadata[key]
                     for key in metadata}
            with self.subTest(change), self.assertRaises(ValueError):
                Classifier(other)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
