"""SegFormer of transformers: logits, features and pixels of an imported model equal its own.

Usage: python test_segformer.py MODEL_OUTPUTS
"""
import re

import published
import torch
from torch.nn import functional as F

WIDE = dict(hidden_sizes=[64, 128, 320, 512], decoder_hidden_size=768)
KINDS = {
    "b0": dict(hidden_sizes=[32, 64, 160, 256], depths=[2, 2, 2, 2], decoder_hidden_size=256),
    "b1": dict(WIDE, depths=[2, 2, 2, 2], decoder_hidden_size=256),
    "b2": dict(WIDE, depths=[3, 4, 6, 3]),
    "b3": dict(WIDE, depths=[3, 4, 18, 3]),
    "b4": dict(WIDE, depths=[3, 8, 27, 3]),
    "b5": dict(WIDE, depths=[3, 6, 40, 3]),
}
# A grid's border narrower than what one key stands for is left out of the keys: 4 x 8 pixels in the first stage.
SIZES = {"native": (128, 128), "larger": (160, 224), "smaller": (64, 96), "odd": (75, 133), "smallest": (31, 29)}


def config_of(kind, classes=150, **more):
    import transformers as t

    names = {index: f"kind {index}" for index in range(classes)}
    return t.SegformerConfig(**KINDS[kind], id2label=names, label2id={name: index for index, name in names.items()},
                             **more)


def make(what, kind, **more):
    """`what`: the class's name in transformers after "Segformer"."""
    import transformers as t

    return published.randomize(getattr(t, f"Segformer{what}")(config_of(kind, **more)), f"{what} {kind}")


def answers(model, images):
    with torch.no_grad():
        out = model(images, output_hidden_states=True)
    return out.logits, out.hidden_states


class Segformer(published.PublishedTest):
    def setUp(self):
        super().setUp()
        self.source = self.folder / "source"

    def test_logits_and_maps_of_every_size(self):
        for kind in KINDS:
            with self.subTest(kind):
                self.compare(kind, SIZES)
        with self.subTest("b0 at the size of its pictures"):
            self.compare("b0", {"native": (512, 512)})

    def compare(self, kind, sizes):
        model = make("ForSemanticSegmentation", kind)
        model.save_pretrained(self.source)
        torch.manual_seed(len(kind))
        inputs = {key: torch.randn(1, 3, *size) for key, size in sizes.items()}
        actual = self.outputs(self.source, inputs)
        for key, images in inputs.items():
            logits, maps = answers(model, images)
            self.assert_close(actual[f"{key}.token_logits"], logits, f"{kind}: logits at stride 4, {key}")
            resized = F.interpolate(logits, size=images.shape[2:], mode="bilinear", align_corners=False)
            self.assert_close(actual[f"{key}.logits"], resized, f"{kind}: logits, {key}")
            for index, expected in enumerate(maps):
                self.assert_close(actual[f"{key}.map.{index}"], expected, f"{kind}: map {index}, {key}")
        description = self.description()
        self.assertEqual(description["task"], "segmentation")
        self.assertEqual(description["classes"], [f"kind {index}" for index in range(150)])
        backbone = description["architecture"]["backbone"]
        self.assertEqual([stage["reduction"] for stage in backbone["stage_attention"]], [8, 4, 2, 1])
        self.assertEqual((backbone["depths"], backbone["embed_dims"]), (KINDS[kind]["depths"],
                                                                        KINDS[kind]["hidden_sizes"]))

    def test_bfloat16_is_as_close_as_that_of_transformers(self):
        model = make("ForSemanticSegmentation", "b0")
        model.save_pretrained(self.source)
        for size in ((128, 160), (75, 133)):
            images = torch.randn(2, 3, *size, generator=torch.Generator().manual_seed(size[0]))
            actual = self.outputs(self.source, {"x": images}, "bfloat16")["x.token_logits"].float()
            exact, _ = answers(model, images)
            with torch.autocast("cpu", torch.bfloat16):
                mixed, _ = answers(model, images)
            allowed = 2 * (mixed.float() - exact).abs().max().item()
            self.assertLess((actual - exact).abs().max().item(), allowed, f"{size}")

    def test_epsilon_of_every_norm(self):
        """Whatever is normalised varies little here, so that each epsilon counts."""
        model = make("ForSemanticSegmentation", "b0", classes=3)
        with torch.no_grad():
            for key, weight in model.state_dict().items():
                of_map = re.search(r"(encoder|stages\.\d)\.layer_norm\.", key)
                if key.startswith("segformer.") and not of_map or key == "decode_head.linear_fuse.weight":
                    weight.mul_(0.01)
                elif key.endswith("running_var"):
                    weight.mul_(1e-4)
        model.save_pretrained(self.source)
        images = torch.randn(1, 3, 96, 128, generator=torch.Generator().manual_seed(4))
        actual = self.outputs(self.source, {"x": images})
        logits, maps = answers(model, images)
        self.assert_close(actual["x.token_logits"], logits, "logits")
        for index, expected in enumerate(maps):
            self.assert_close(actual[f"x.map.{index}"], expected, f"map {index}")

    def test_classifier_and_encoder_alone(self):
        for what, task in (("ForImageClassification", "classification"), ("Model", "embedding")):
            model = make(what, "b0", classes=7)
            model.save_pretrained(self.source)
            images = torch.randn(2, 3, 75, 133)
            actual = self.outputs(self.source, {"x": images})
            with torch.no_grad():
                if task == "classification":
                    self.assert_close(actual["x.logits"], model(images).logits, what)
                else:
                    pooled = model(images).last_hidden_state.mean((2, 3))
                    self.assert_close(actual["x.embedding"], pooled, what)
            self.assertEqual(self.description()["task"], task)

    def test_other_configs(self):
        for more in ({"sr_ratios": [4, 4, 1, 2]}, {"mlp_ratios": [2, 2, 2, 2]}, {"num_channels": 1},
                     {"num_attention_heads": [2, 4, 4, 4]}):
            model = make("ForSemanticSegmentation", "b0", classes=3, **more)
            model.save_pretrained(self.source)
            images = torch.randn(1, model.config.num_channels, 75, 133)
            actual = self.outputs(self.source, {"x": images})
            self.assert_close(actual["x.token_logits"], answers(model, images)[0], str(more))

    def test_pixels_and_masks_are_those_of_the_processor(self):
        import numpy
        import transformers as t
        from PIL import Image

        make("ForSemanticSegmentation", "b0", classes=3).save_pretrained(self.source)
        generator = numpy.random.default_rng(5)
        for reduced in (False, True):
            processor = t.SegformerImageProcessor(size={"height": 48, "width": 48}, do_reduce_labels=reduced)
            processor.save_pretrained(self.source)
            for shape in ((101, 151, 3), (200, 90, 3), (64, 64, 3)):
                picture = generator.integers(0, 256, shape, dtype=numpy.uint8)
                pixels = self.outputs(self.source, {"x": torch.from_numpy(picture)})["x.pixels"]
                expected = processor(Image.fromarray(picture), return_tensors="pt")["pixel_values"][0]
                std = torch.tensor(self.description()["preprocessing"]["std"]).view(3, 1, 1)
                self.assertEqual(pixels.shape, expected.shape)
                levels = ((pixels - expected) * std * 255).abs().max().item()
                self.assertLess(levels, 1.01, f"{shape}")
            self.assertEqual(self.description()["training"]["masks"]["reduce_zero_label"], reduced)


if __name__ == "__main__":
    published.main(["transformers"], "__main__")
