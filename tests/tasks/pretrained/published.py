"""Models of timm and transformers with seeded random weights, saved as those libraries save them, and what this program
makes of them."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest
import zlib

import torch
from safetensors.torch import load_file, save_file

PROGRAM = []  # tests/support/model_outputs


def randomize(model, name):
    """Every weight random, so that none can hide behind its initial value: positions, scales, norms and statistics."""
    generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    with torch.no_grad():
        for key, weight in model.named_parameters():
            noise = torch.randn(weight.shape, generator=generator)
            norm = "norm" in key or "layrnorm" in key
            if norm and key.endswith("weight"):
                weight.copy_(1 + 0.2 * noise)
            elif weight.ndim <= 1 or "token" in key or "pos" in key or "embedding" in key and weight.ndim < 4:
                weight.copy_(0.3 * noise)
            elif weight.ndim == 3:
                weight.copy_(0.3 * noise)
            else:
                weight.copy_(noise / weight[0].numel() ** 0.5)
        for key, statistic in model.named_buffers():
            if key.endswith("running_mean"):
                statistic.copy_(0.3 * torch.randn(statistic.shape, generator=generator))
            elif key.endswith("running_var"):
                statistic.copy_(0.5 + torch.rand(statistic.shape, generator=generator))
    return model.eval()


class PublishedTest(unittest.TestCase):
    tolerance = 1e-4

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def outputs(self, source, inputs, precision="float32", attention=""):
        """What this program makes of the inputs with the weights that lie in the folder `source`, and this attention."""
        save_file({key: tensor.contiguous() for key, tensor in inputs.items()}, self.folder / "inputs")
        command = [*PROGRAM, source, self.folder / "inputs", self.folder / "outputs", precision, attention]
        result = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        return load_file(self.folder / "outputs")

    def assert_refused(self, source, *words):
        """The folder `source` is refused by a message that has these words."""
        save_file({"x": torch.zeros(1, 3, 8, 8)}, self.folder / "inputs")
        command = [*PROGRAM, source, self.folder / "inputs", self.folder / "outputs"]
        result = subprocess.run(command, capture_output=True, text=True)
        self.assertNotEqual(result.returncode, 0)
        for word in words:
            self.assertIn(word, result.stderr)

    def assert_close(self, actual, expected, what):
        self.assertEqual(tuple(actual.shape), tuple(expected.shape), what)
        error = ((actual - expected).abs().max() / expected.abs().max().clamp_min(1)).item()
        self.assertLess(error, self.tolerance, what)

    def assert_bfloat16(self, source, images, answers):
        """In bfloat16 this program is at most twice as far from the origin's float32 as the origin is under autocast,
        which is nearer than with its weights in bfloat16. `answers`: images -> {what: tensor}."""
        actual = self.outputs(source, {"x": images}, "bfloat16")
        with torch.no_grad():
            exact = answers(images)
            with torch.autocast("cpu", torch.bfloat16):
                rounded = answers(images)
        for what, expected in exact.items():
            error = (actual[f"x.{what}"] - expected).square().mean().sqrt().item()
            allowed = 2 * (rounded[what].float() - expected).square().mean().sqrt().item()
            self.assertGreater(allowed, 0, what)
            self.assertLess(error, allowed, f"{what}, bfloat16")

    def description(self):
        """The metadata of the model that gave the last outputs."""
        with open(self.folder / "outputs", "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            return json.loads(json.loads(file.read(length))["__metadata__"]["multipole"])


def main(need, test_module):
    """Runs the module's tests, or exits with 77 where a package in `need` is missing."""
    import importlib
    import sys

    for package in need:
        try:
            importlib.import_module(package)
        except ImportError as error:
            print(f"skipped: {error}")
            sys.exit(77)
    PROGRAM.append(os.path.abspath(sys.argv[1]))
    torch.set_num_threads(1)
    unittest.main(module=test_module, argv=[sys.argv[0], *sys.argv[2:]])
