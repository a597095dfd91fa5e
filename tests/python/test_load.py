"""multipole.load() against the program: the same outputs from the same file.

Usage: python test_load.py MODEL_OUTPUTS, with the package `multipole` and tests/tasks/pretrained on PYTHONPATH, and
the program `multipole` named by MULTIPOLE_PROGRAM for files that it writes itself
"""
import copy
import json
import os
import pathlib
import subprocess
import unittest
import zlib

import published
import torch
from safetensors.torch import save_file

SHIPPED = pathlib.Path(__file__).resolve().parents[2] / "models"
SEED = int(os.environ.get("MULTIPOLE_TEST_SEED", torch.seed() % 1000000))

VIT = {"family": "vit", "image_size": 48, "patch_size": 8, "embed_dim": 24, "depth": 2, "num_heads": 3}
PYRAMID = {"image_size": 64, "stem_stride": 4, "embed_dims": [16, 16, 24, 24], "depths": [1, 2, 1, 1],
           "num_heads": [2, 2, 3, 3], "mlp_ratio": 2.0}
BY_EMBEDDING = {"type": "classification", "pooling": "embedding"}
CLUSTERS = {"type": "multipole2d", "variant": "log-linear", "cell": 2, "rank": 4, "hot": 5, "summaries": "cluster",
            "bias": False}

VITS = {
    "what is left out": {},
    "drop": {"partial_patches": "drop", "position_resize": "bicubic"},
    "rotary": {"positions": "rotary", "register_tokens": 2, "rotary_period": 50.0, "layer_scale_init": 1.0},
    "no positions": {"positions": "none", "class_token": False, "pooling": "mean", "pool_norm": True},
    "pre norm": {"pre_norm": True, "final_norm": False, "activation": "quick_gelu", "projection_dim": 7},
    "gated": {"gated_mlp": True, "activation": "silu", "hidden_dim": 20, "pooling": "class_token_and_mean"},
    "distilled": {"register_tokens": 1, "pooling": "class_and_register_token", "activation": "relu"},
    "query": {"pooling": "attention", "activation": "gelu_tanh", "class_token": False, "hidden_dim": 50},
    "norms of queries": {"attention": {"type": "full", "qk_norm": True, "qkv_bias": False}},
    "causal": {"attention": {"type": "full", "causal": True}},
    "maps": {"map_blocks": [0, 0, 1]},
    "pyramid": {"pyramid": True},
    "pyramid of blocks": {"pyramid": True, "map_blocks": [0, 0, 1, 1], "patch_size": 16, "image_size": 64},
    "pyramid of odd patches": {"pyramid": True, "patch_size": 14, "image_size": 56},
    "clusters": {"attention": CLUSTERS, "register_tokens": 1},
    "clusters and rotary": {"attention": {**CLUSTERS, "qk_norm": True}, "positions": "rotary"},
    "by block": {"attention": [{"type": "full"}, {**CLUSTERS, "summaries": "basis", "full_up_to": 36}]},
    "far gates": {"attention": {**CLUSTERS, "far_gate": True}},
    "linear": {"attention": {"type": "multipole2d", "cell": 2, "hot": 6}, "class_token": False, "pooling": "mean"},
    "nominal reach": {"attention": {"type": "multipole2d", "cell": 3, "hot": 5, "bias": False, "reach": "nominal"}},
    "linear with prefix": {"attention": {"type": "multipole2d", "cell": 2, "qk_norm": True}, "positions": "rotary"},
}
PYRAMIDS = {
    "what is left out": {},
    "log-linear": {"attention": {"type": "multipole2d", "cell": 2, "variant": "log-linear", "log_mass": False}},
    "direct": {"attention": {"type": "multipole2d", "cell": 2, "basis": "direct"}, "layer_scale_init": 0.5},
    "no bias": {"attention": {"type": "multipole2d", "cell": 2, "bias": False, "log_mass": False, "max_levels": 1}},
    "uneven cells": {"attention": {"type": "multipole2d", "cell": 3, "rank": 4, "max_levels": 2}, "stem_stride": 1},
    "clusters": {"attention": CLUSTERS, "position_conv": False},
    "nominal reach": {"attention": {"type": "multipole2d", "cell": 2, "reach": "nominal"}},
    "nominal reach, log-linear": {"attention": {"type": "multipole2d", "cell": 2, "reach": "nominal", "bias": False,
                                                "variant": "log-linear"}},
    "overlapping": {"embedding": "overlapping", "mlp_conv": True, "stage_norms": False},
    "kernels": {"mlp_kernels": [3, 1, 5, 1], "position_conv": False},
    "patches": {"embedding": "patches", "stem_stride": 2},
    "by stage": {"attention": {"type": "multipole2d", "cell": 2},
                 "stage_attention": [{"rank": 1}, {}, {"type": "full"}, {"variant": "log-linear"}]},
}
HEADS = {
    "attention": {"type": "classification", "pooling": "attention", "pooling_heads": 2, "norm": True},
    "embedding": BY_EMBEDDING,
    "no classes": {"type": "embedding"},
    "projected": {"type": "embedding", "projection_dim": 9},
    "deconvolution": {"type": "deconvolution", "channels": 8, "widths": [10, 6]},
    "deconvolution without norms": {"type": "deconvolution", "channels": 8, "widths": [], "norm": False},
    "segformer": {"type": "segformer", "channels": 12, "auxiliary": True, "context": True},
    "segformer without norm": {"type": "segformer", "norm": False},
    "semantic_fpn": {"type": "semantic_fpn", "channels": 12},
    "upernet": {"type": "upernet", "channels": 12, "pool_sizes": [1, 3]},
    "segformer by stride": {"type": "segformer", "channels": 12, "resize": "stride"},
    "semantic_fpn by stride": {"type": "semantic_fpn", "channels": 12, "resize": "stride"},
    "upernet by stride": {"type": "upernet", "channels": 12, "pool_sizes": [2], "resize": "stride"},
    "deconvolution by stride": {"type": "deconvolution", "channels": 8, "widths": [10], "resize": "stride"},
}


def description(backbone, head, **more):
    is_embedding = head["type"] == "embedding"
    task = "embedding" if is_embedding else "classification" if head["type"] == "classification" else "segmentation"
    classes = [] if is_embedding else ["a", "b", "c"]
    return {"task": task, "classes": classes, "preprocessing": {},
            "architecture": {"preset": "", "backbone": backbone, "head": head, "num_classes": len(classes)}, **more}


class LoadTest(published.PublishedTest):
    def compare(self, path, sizes):
        import multipole

        model = multipole.load(path)
        self.assertFalse(model.training)
        inputs = {f"{height}x{width}": torch.randn(2, 3, height, width) for height, width in sizes}
        actual = self.outputs(path, inputs)
        with torch.no_grad():
            for key, images in inputs.items():
                found = {"logits": model(images), "embedding": model.embed(images)}
                found |= {f"map.{i}": tokens for i, tokens in enumerate(model.forward_intermediates(images))}
                self.assertEqual({f"{key}.{what}" for what in found},
                                 {what for what in actual if what.startswith(f"{key}.") and "token_logits" not in what})
                for what, tensor in found.items():
                    self.assert_close(tensor, actual[f"{key}.{what}"], f"{what}, {key}, seed {SEED}")
        return model


class Load(LoadTest):
    def write(self, metadata, change=lambda weights: weights):
        """A model file of random weights."""
        from multipole.models.vision_model import VisionModel

        model = VisionModel(copy.deepcopy(metadata))
        generator = torch.Generator().manual_seed(zlib.crc32(json.dumps(metadata).encode()) + SEED)
        weights = {}
        for name, weight in model.state_dict().items():
            noise = torch.randn(weight.shape, generator=generator)
            if "norm" in name and name.endswith("weight") and weight.dim() == 1:
                weights[name] = 1 + 0.2 * noise
            elif "basis" in name:
                weights[name] = weight + 0.1 * noise
            else:
                weights[name] = noise * (0.3 if weight.dim() < 2 or "bias" in name else weight[0].numel() ** -0.5)
        save_file(change(weights), self.folder / "model", {"multipole": json.dumps(metadata)})
        return self.folder / "model"

    def sizes(self):
        """The native one of the small models, larger, smaller and odd ones."""
        odd = [(torch.randint(1, 150, (2,))).tolist() for _ in range(2)]
        return [(48, 48), (129, 150), (7, 20), *odd]

    def test_vision_transformers(self):
        for title, change in VITS.items():
            with self.subTest(title):
                self.compare(self.write(description({**VIT, **change}, BY_EMBEDDING)), self.sizes())

    def test_pyramids(self):
        for title, change in PYRAMIDS.items():
            with self.subTest(title):
                self.compare(self.write(description({**PYRAMID, **change}, {"type": "classification"})), self.sizes())

    def test_heads(self):
        for title, head in HEADS.items():
            with self.subTest(title):
                self.compare(self.write(description(PYRAMID, head)), self.sizes())
        self.compare(self.write(description({**VIT, "pyramid": True}, HEADS["segformer"])), self.sizes())

    def test_shipped_models(self):
        for name, classes, task in (("multipole_nano_cifar10", 10, "classification"),
                                    ("multipole_nano_fused_tiny_imagenet", 200, "classification"),
                                    ("multipole_nano_camvid", 11, "segmentation")):
            with self.subTest(name):
                model = self.compare(SHIPPED / f"{name}.safetensors", [(64, 64), (75, 98)])
                self.assertEqual((len(model.classes), model.task), (classes, task))
                self.assertEqual(model.config["num_classes"], classes)

    def test_preprocessing(self):
        import multipole
        from PIL import Image

        for change in ({}, {"interpolation": "bicubic", "crop_pct": 1.0}, {"fit": "squash", "crop_rounding": "down"},
                       {"image_size": 33, "crop_pct": 0.9, "mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4]}):
            path = self.write(description(VIT, BY_EMBEDDING, preprocessing={"image_size": 48, **change}))
            preprocessing = multipole.load(path).preprocessing
            for height, width in ((301, 411), (50, 33), (97, 96), (7, 200)):
                pixels = torch.randint(0, 256, (height, width, 3), dtype=torch.uint8)
                expected = self.outputs(path, {"x": pixels})["x.pixels"]
                levels = 255 * torch.tensor(preprocessing.std).view(3, 1, 1)
                for picture in (pixels, pixels.numpy(), Image.fromarray(pixels.numpy())):
                    difference = ((preprocessing(picture) - expected) * levels).abs().max().item()
                    self.assertLess(difference, 1.01, f"{change} {height} x {width}")

    def test_weights_in_bfloat16(self):
        path = self.write(description(VIT, BY_EMBEDDING),
                          lambda weights: {name: weight.bfloat16() for name, weight in weights.items()})
        self.assertEqual(next(self.compare(path, [(48, 48)]).parameters()).dtype, torch.float32)

    def test_can_be_trained_copied_and_saved(self):
        import multipole

        model = multipole.load(self.write(description(PYRAMID, {"type": "classification"})))
        images = torch.randn(2, 3, 50, 60)
        copy.deepcopy(model).train()(images).sum().backward()
        torch.save(model, self.folder / "whole")
        with torch.no_grad():
            again = torch.load(self.folder / "whole", weights_only=False)
            self.assertTrue(torch.equal(again(images), model(images)))

    def test_what_is_not_known_is_refused_by_name(self):
        import multipole

        path = self.write(description(VIT, BY_EMBEDDING))
        weights = {name: weight.clone() for name, weight in multipole.load(path).state_dict().items()}
        for change, message in (
                ({"backbone": {**VIT, "family": "swamp"}}, "backbone.family: .* 'swamp'; it knows pyramid, vit"),
                ({"backbone": {**VIT, "of_tomorrow": 1}}, "backbone: the package does not know 'of_tomorrow'"),
                ({"backbone": {**VIT, "attention": {"type": "window"}}}, "'window'; it knows full, multipole2d"),
                ({"backbone": {**VIT, "attention": {"type": "full", "hot": 3}}}, "attention: .* 'hot'; it knows qkv_bias"),
                ({"backbone": {**VIT, "positions": "sung"}}, "positions: .* 'sung'; it knows learned, rotary, none"),
                ({"backbone": {**VIT, "pooling": "sung"}}, "pooling: .* 'sung'; it knows class_token, mean"),
                ({"backbone": {**VIT, "activation": "sung"}}, "activation: .* 'sung'; it knows gelu"),
                ({"backbone": {**PYRAMID, "embedding": "sung"}}, "embedding: .* 'sung'; it knows convolutional"),
                ({"head": {"type": "sung"}}, "head.type: .* 'sung'; it knows classification"),
                ({"head": {"type": "classification", "sung": 1}}, "head: .* 'sung'; it knows pooling"),
                ({"num_classes": 4}, "size mismatch for head.linear.weight")):
            with self.subTest(change):
                metadata = description(VIT, BY_EMBEDDING)
                metadata["architecture"].update(change)
                save_file(weights, path, {"multipole": json.dumps(metadata)})
                with self.assertRaisesRegex(ValueError, f"^{path}: (.|\n)*{message}"):
                    multipole.load(path)

    def test_files_that_are_no_models_are_refused(self):
        import multipole

        path = self.folder / "model"
        with self.assertRaises(FileNotFoundError):
            multipole.load(path)
        save_file({"x": torch.zeros(3)}, path)
        with self.assertRaisesRegex(ValueError, "without the metadata 'multipole'"):
            multipole.load(path)
        whole = self.write(description(VIT, BY_EMBEDDING)).read_bytes()
        for content in (b"", b"seven b", whole[:100], whole[:-1], b"\xff" * 100, whole[:40] + b"\0" + whole[41:]):
            path.write_bytes(content)
            with self.assertRaisesRegex(ValueError, f"{path}: not a safetensors file"):
                multipole.load(path)
        for metadata in ("{", "[]", "{}", '{"architecture": {}}', '{"architecture": {"backbone": 3, "head": 4}}'):
            save_file({}, path, {"multipole": metadata})
            with self.assertRaisesRegex(ValueError, f"{path}: damaged model metadata"):
                multipole.load(path)
        metadata = description(VIT, BY_EMBEDDING, format_version=2)
        save_file({}, path, {"multipole": json.dumps(metadata)})
        with self.assertRaisesRegex(ValueError, "model format 2; this package reads up to 1"):
            multipole.load(path)


@unittest.skipUnless("MULTIPOLE_PROGRAM" in os.environ, "MULTIPOLE_PROGRAM names no program")
class Written(LoadTest):
    def run_program(self, *arguments):
        subprocess.run([os.environ["MULTIPOLE_PROGRAM"], *arguments], check=True, capture_output=True)

    def test_imported(self):
        try:
            from test_timm import make, save
        except ImportError as error:
            self.skipTest(str(error))
        for title, attention in (("vit_small_patch16_dinov3", ""), ("vit_base_patch16_siglip_224", ""),
                                 ("vit_small_patch14_reg4_dinov2", "auto"),
                                 ("vit_tiny_patch16_224", '{"type": "multipole2d", "cell": 2, "blocks": [1]}')):
            with self.subTest(title, attention=attention):
                model, arguments = make(title)
                save(model, arguments, self.folder / "source")
                choice = ["--attention", attention] if attention else []
                imported = self.folder / f"{title}.safetensors"
                self.run_program("import", self.folder / "source", "--out", imported, *choice)
                patch = model.patch_embed.patch_size[0]
                own = self.compare(imported, [(3 * patch, 5 * patch), (9 * patch, 11 * patch - 3)])
                images = torch.randn(1, 3, 3 * patch, 4 * patch)
                with torch.no_grad():
                    self.assert_close(own(images), model(images), f"{title}: timm's logits")

    def test_trained(self):
        for command, kind in (("classify", []), ("segment", ["--kind", "segment"])):
            with self.subTest(command):
                data, run = self.folder / f"{command}-data", self.folder / f"{command}-run"
                self.run_program("data", "synth", *kind, "--out", data, "--classes", "3", "--train", "6", "--val", "3",
                                 "--size", "32")
                self.run_program(command, "train", "--quiet", "--data", data, "--out", run, "--epochs", "1", "--set",
                                 "model.backbone.depths=[1,1,1,1]")
                files = sorted(run.glob("*.safetensors"))
                self.assertTrue(files)
                for path in files:
                    self.assertEqual(len(self.compare(path, [(32, 32), (45, 71)]).classes), 3)


if __name__ == "__main__":
    print(f"MULTIPOLE_TEST_SEED={SEED}")
    torch.manual_seed(SEED)
    published.main(["safetensors", "PIL", "multipole"], "__main__")
