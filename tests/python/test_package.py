"""The Python package: operators, layer, and the swap inside vision transformers of timm and transformers.

Usage: python test_package.py PACKAGE_FOLDER LIBRARY
"""
import copy
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import torch

FOLDER, LIBRARY = sys.argv[1], sys.argv[2]
os.environ["MULTIPOLE_OPS_LIBRARY"] = LIBRARY
sys.path.insert(0, FOLDER)
import multipole  # noqa: E402
from multipole import _library  # noqa: E402
from multipole_mirror import MultipoleAttention  # noqa: E402

SEED = int(os.environ.get("MULTIPOLE_TEST_SEED", torch.seed() % 1000000))
print(f"MULTIPOLE_TEST_SEED={SEED}")
torch.manual_seed(SEED)


def relative_error(actual, expected):
    return ((actual - expected).abs().max() / expected.abs().max()).item()


def random_size(low, high):
    return torch.randint(low, high + 1, ()).item()


def randomise(model):
    """Weights and scales that hide nothing: none is 0 or 1 throughout."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.normal_(0, 0.5 if parameter.dim() < 2 else parameter[0].numel() ** -0.5)
    return model.eval()


class Tokens(unittest.TestCase):
    def tokens(self, height, width, num_prefix, heads=2, head_dim=8, dtype=torch.float32):
        return [torch.randn(2, heads, num_prefix + height * width, head_dim, dtype=dtype) for _ in range(3)]

    def full(self, q, k, v):
        return torch.nn.functional.scaled_dot_product_attention(q, k, v)

    def test_without_far_levels_it_is_full_attention(self):
        for num_prefix in (0, 1, 5):
            height, width = random_size(1, 6), random_size(1, 6)
            q, k, v = self.tokens(height, width, num_prefix)
            out = multipole.multipole_attention(q, k, v, (height, width), num_prefix=num_prefix, cell=3)
            self.assertLess(relative_error(out, self.full(q, k, v)), 1e-5)

    def test_as_many_clusters_as_tokens_of_a_cell_are_the_tokens(self):
        height, width = random_size(5, 8), random_size(5, 8)
        q, k, v = self.tokens(height, width, 1)
        for summaries in ("basis", "cluster"):  # one far level of cells of 2 x 2 tokens
            for hot in (0, 3):
                out = multipole.multipole_attention(q, k, v, (height, width), num_prefix=1, cell=2, rank=4, hot=hot,
                                                    summaries=summaries)
                self.assertLess(relative_error(out, self.full(q, k, v)), 1e-5, (summaries, hot))

    def test_clusters_are_nearer_than_means(self):
        """Keys of two kinds, mixed in every cell: a mean is neither."""
        q, k, v = self.tokens(16, 16, 0)
        chosen = torch.randint(0, 2, (256,))
        k, v = (3 * torch.randn(2, 2, 2, 8)[:, :, chosen] + 0.01 * noise for noise in (k, v))
        errors = [relative_error(multipole.multipole_attention(q, k, v, (16, 16), cell=4, summaries=summaries),
                                 self.full(q, k, v)) for summaries in ("basis", "cluster")]
        self.assertLess(errors[1], errors[0] / 3)

    def test_all_tokens_hot_is_full_attention(self):
        for num_prefix in (0, 1, 5):
            height, width = random_size(7, 17), random_size(5, 17)
            q, k, v = self.tokens(height, width, num_prefix)
            out = multipole.multipole_attention(q, k, v, (height, width), num_prefix=num_prefix, cell=3, hot=10000)
            self.assertLess(relative_error(out, self.full(q, k, v)), 1e-5)

    def test_constant_far_tokens_are_seen_exactly(self):
        """Summaries of equal tokens are these tokens, and weigh as many."""
        height, width = random_size(9, 21), random_size(9, 21)
        q, k, v = self.tokens(height, width, 1)
        k[:, :, 1:], v[:, :, 1:] = k[:, :, 1:2].clone(), v[:, :, 1:2].clone()
        for hot in (0, 7):
            out = multipole.multipole_attention(q, k, v, (height, width), num_prefix=1, cell=2, rank=4, hot=hot)
            self.assertLess(relative_error(out, self.full(q, k, v)), 1e-5)

    def test_hot_tokens_are_those_that_are_attended_to(self):
        q, k = torch.randn(1, 11, 9, 2, 8), torch.randn(1, 11, 9, 2, 8) * 0.1
        direction = torch.nn.functional.normalize(q.mean((1, 2)), dim=-1)
        places = torch.randperm(99)[:5].sort().values
        for place in places.tolist():
            k[:, place // 9, place % 9] = direction * 200
        found = multipole.hot_tokens(q, k, 5)
        self.assertEqual(found.tolist(), places.expand(1, 2, 5).tolist())

    def test_gradients(self):
        q, k, v = (t[:1].requires_grad_() for t in self.tokens(5, 7, 1, heads=1, head_dim=4, dtype=torch.float64))

        def function(*leaves):
            return multipole.multipole_attention(*leaves, (5, 7), num_prefix=1, cell=2, rank=1, hot=3)

        self.assertTrue(torch.autograd.gradcheck(function, (q, k, v), fast_mode=True))

    def test_other_token_counts_are_errors(self):
        q, k, v = self.tokens(4, 4, 1)
        with self.assertRaisesRegex(ValueError, "17 tokens are not 0 prefix tokens"):
            multipole.multipole_attention(q, k, v, (4, 4))


class Layer(unittest.TestCase):
    def test_is_the_dense_definition(self):
        """Against the mirror: the same parameters by the same names."""
        for variant in ("linear", "log-linear"):
            for cell, rank, levels, height, width in ((2, 4, 2, 9, 13), (4, 4, 1, 19, 6), (3, 1, 0, 11, 12), (2, 1, 2, 4, 3)):
                layer = multipole.MultipoleAttention2d(24, 3, levels, cell=cell, rank=rank, variant=variant)
                randomise(layer)
                mirror = MultipoleAttention(24, 3, levels, cell=cell, rank=rank, variant=variant)
                mirror.load_state_dict(layer.state_dict())
                x = torch.randn(2, height, width, 24)
                with torch.no_grad():
                    self.assertLess(relative_error(layer(x), mirror(x)), 2e-5, (variant, cell, rank, levels))

    def test_starts_with_means(self):
        layer = multipole.MultipoleAttention2d(8, 1, 3, cell=3, rank=4)
        for basis in (layer.token_basis, layer.merge_basis_1, layer.merge_basis_2):
            sums = basis.flatten(1, -2).sum(1)
            self.assertLess((sums - 1).abs().max().item(), 1e-6)

    def test_bad_arguments(self):
        for arguments, message in (((10, 3, 1), "multiple"), ((8, 2, 1, 4, 5), "perfect square"), ((8, 2, 1, 1, 4), "perfect")):
            with self.assertRaisesRegex(ValueError, message):
                multipole.MultipoleAttention2d(*arguments)


class Compilers(unittest.TestCase):
    def test_export(self):
        layer = multipole.MultipoleAttention2d(16, 2, 2, cell=2).eval()
        x = torch.randn(1, 9, 9, 16)
        program = torch.export.export(layer, (x,))
        self.assertLess(relative_error(program.module()(x), layer(x)), 1e-6)

    def test_compile(self):
        layer = multipole.MultipoleAttention2d(16, 2, 2, cell=2).eval()
        x = torch.randn(1, 9, 9, 16)
        compiled = torch.compile(layer, backend="aot_eager", fullgraph=True)
        compiled(x).sum().backward()
        gradient, layer.qkv.weight.grad = layer.qkv.weight.grad, None
        layer(x).sum().backward()
        self.assertLess(relative_error(gradient, layer.qkv.weight.grad), 1e-5)


class Swap(unittest.TestCase):
    def check(self, model, features, native, patch, **larger):
        """Exact without far levels, near full attention where nearly all is hot, other than it where nothing is."""
        randomise(model)
        pixels = torch.randn(2, 3, native, native)
        bigger = torch.randn(1, 3, patch * random_size(9, 12), patch * random_size(7, 12))
        with torch.no_grad():
            expected, expected_larger = features(model, pixels), features(model, bigger, **larger)
            exact = multipole.swap_attention(copy.deepcopy(model), cell=4)
            self.assertLess(relative_error(features(exact, pixels), expected), 1e-5)
            hot = multipole.swap_attention(copy.deepcopy(model), cell=2, hot=1000)
            self.assertLess(relative_error(features(hot, bigger, **larger), expected_larger), 1e-4)
            swapped = multipole.swap_attention(copy.deepcopy(model), cell=2, hot=0)
            error = relative_error(features(swapped, bigger, **larger), expected_larger)
            self.assertGreater(error, 1e-4)
            self.assertTrue(torch.equal(features(copy.deepcopy(swapped), bigger, **larger),
                                        features(swapped, bigger, **larger)))
            self.assertTrue(torch.equal(features(model, bigger, **larger), expected_larger), "copies share nothing")
        self.assertEqual(set(swapped.state_dict()), set(model.state_dict()))

    def test_timm(self):
        try:
            import timm
        except ImportError:
            self.skipTest("timm is not installed")
        small = dict(img_size=32, patch_size=8, embed_dim=24, depth=2, num_heads=3, num_classes=0, dynamic_img_size=True)
        for name, options in (("vit_tiny_patch16_224", {}), ("deit_tiny_distilled_patch16_224", {}),
                              ("deit3_small_patch16_224", {}), ("vit_small_patch14_reg4_dinov2", {}),
                              ("vit_base_patch16_clip_224", {}), ("vit_base_patch16_siglip_224", {}),
                              ("vit_tiny_patch16_224", {"qk_norm": True})):
            with self.subTest(name=name, **options):
                model = timm.create_model(name, **small, **options)
                self.check(model, lambda m, x: m.forward_features(x), 32, 8)

    def test_rotary_positions_of_timm(self):
        """EVA's blocks: DINOv3 (half rotation, registers), biases of their own, positions that are learned by depth."""
        try:
            import timm
        except ImportError:
            self.skipTest("timm is not installed")
        small = dict(img_size=32, patch_size=8, embed_dim=48, depth=2, num_heads=3, num_classes=0, dynamic_img_size=True)
        for name in ("vit_small_patch16_dinov3", "vit_small_patch16_dinov3_qkvb", "vit_small_plus_patch16_dinov3",
                     "eva02_tiny_patch14_224", "eva02_base_patch14_224", "vit_base_patch16_rope_mixed_224"):
            with self.subTest(name=name):
                model = timm.create_model(name, **small)
                self.check(model, lambda m, x: m.forward_features(x), 32, 8)

    def test_transformers(self):
        try:
            import transformers as t
        except ImportError:
            self.skipTest("transformers is not installed")
        small = dict(image_size=32, patch_size=8, hidden_size=24, num_hidden_layers=2, num_attention_heads=3,
                     intermediate_size=48)
        for config, kind in ((t.ViTConfig(**small), t.ViTModel), (t.DeiTConfig(**small), t.DeiTModel),
                             (t.Dinov2Config(**small), t.Dinov2Model),
                             (t.Dinov2WithRegistersConfig(**small), t.Dinov2WithRegistersModel),
                             (t.CLIPVisionConfig(**small), t.CLIPVisionModel),
                             (t.SiglipVisionConfig(**small), t.SiglipVisionModel)):
            with self.subTest(kind=kind.__name__):
                larger = {} if "Dinov2" in kind.__name__ else {"interpolate_pos_encoding": True}
                self.check(kind(config), lambda m, x, **o: m(pixel_values=x, **o).last_hidden_state, 32, 8, **larger)

    def test_dropout_of_weights_and_masks_are_errors(self):
        try:
            import timm
        except ImportError:
            self.skipTest("timm is not installed")
        model = timm.create_model("vit_tiny_patch16_224", img_size=32, patch_size=8, embed_dim=24, depth=1, num_heads=3,
                                  attn_drop_rate=0.1)
        multipole.swap_attention(model, cell=2)
        pixels = torch.randn(1, 3, 32, 32)
        with self.assertRaisesRegex(ValueError, "no dropout of its weights"):
            model.train()(pixels)
        model.eval()(pixels)
        with self.assertRaisesRegex(ValueError, "attention masks are not supported"):
            model.blocks[0].attn(torch.randn(1, 17, 24), attn_mask=torch.zeros(17, 17))

    def test_other_models_are_errors(self):
        with self.assertRaisesRegex(ValueError, "holds no attention of a vision transformer"):
            multipole.swap_attention(torch.nn.Sequential(torch.nn.Conv2d(3, 4, 2)))
        for options, message in (({"rank": 5}, "perfect square"), ({"cell": 1, "rank": 4}, "rank 4 and cell 1"),
                                 ({"hot": -1}, "hot must"), ({"summaries": "pool"}, "basis, cluster")):
            with self.assertRaisesRegex(ValueError, message):
                multipole.swap_attention(torch.nn.Identity(), **options)


class Loading(unittest.TestCase):
    def test_a_library_of_another_torch_is_refused(self):
        _library.check_torch("2.11.0+cpu", "2.11.1+cu130")
        with self.assertRaisesRegex(ImportError, "built for torch 2.10, and torch 2.11.0 is installed"):
            _library.check_torch("2.10.1", "2.11.0")

    def import_with(self, library):
        environment = {**os.environ, "MULTIPOLE_OPS_LIBRARY": str(library), "PYTHONPATH": FOLDER}
        return subprocess.run([sys.executable, "-c", "import multipole"], env=environment, capture_output=True, text=True)

    def test_what_is_no_library_is_told(self):
        missing = self.import_with("/nowhere/libmultipole_ops.so")
        self.assertIn("ImportError: multipole: no operators at /nowhere/libmultipole_ops.so", missing.stderr)
        with tempfile.TemporaryDirectory() as folder:
            broken = pathlib.Path(folder) / "libmultipole_ops.so"
            broken.write_bytes(b"no library")
            self.assertIn("cannot be loaded with torch", self.import_with(broken).stderr)
            (pathlib.Path(folder) / "build.json").write_text('{"torch": "1.0.0"}')
            self.assertIn("built for torch 1.0", self.import_with(broken).stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
