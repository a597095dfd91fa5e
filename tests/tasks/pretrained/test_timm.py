"""Models of timm: logits and features of an imported model equal timm's own.

Usage: python test_timm.py MODEL_OUTPUTS
"""
import json
import re

import published
import torch

# Two blocks of each at a small size: the sizes in the weights count, not the name's. Some at the name's own.
OWN_SIZE = ("vit_tiny_patch16_224", "deit3_medium_patch16_224", "flexivit_small", "vit_small_patch16_dinov3",
            "test_vit2")
NAMES = {
    "vit_tiny_patch16_224": {}, "vit_small_patch8_224": {}, "vit_small_patch32_224": {}, "vit_base_patch16_224": {},
    "vit_base_patch16_384": {}, "vit_base_patch16_plus_240": {}, "vit_base_patch16_224_miil": {},
    "vit_medium_patch16_gap_256": {}, "vit_base_patch16_gap_224": {}, "vit_medium_patch16_reg4_gap_256": {},
    "vit_little_patch16_reg4_gap_256": {}, "vit_wee_patch16_reg1_gap_256": {}, "vit_base_patch16_reg4_gap_256": {},
    "deit_tiny_patch16_224": {}, "deit_small_patch16_224": {}, "deit_base_patch16_224": {},
    "deit_tiny_distilled_patch16_224": {}, "deit3_small_patch16_224": {}, "deit3_medium_patch16_224": {},
    "deit3_base_patch16_384": {}, "flexivit_small": {},
    "vit_small_patch14_dinov2": {}, "vit_base_patch14_dinov2": {}, "vit_small_patch14_reg4_dinov2": {},
    "vit_base_patch14_reg4_dinov2": {},
    "vit_base_patch16_clip_224": {}, "vit_base_patch32_clip_quickgelu_224": {}, "vit_xsmall_patch16_clip_224": {},
    "vit_base_patch16_siglip_224": {}, "vit_base_patch32_siglip_256": {}, "vit_base_patch16_siglip_gap_224": {},
    "vit_small_patch16_dinov3": {}, "vit_base_patch16_dinov3": {}, "vit_small_patch16_dinov3_qkvb": {},
    "vit_small_plus_patch16_dinov3": {},
    # the largest, narrowed: heads and activation are those of the name
    "vit_huge_patch14_224": {"embed_dim": 160}, "vit_huge_patch14_gap_224": {"embed_dim": 160},
    "vit_huge_patch14_clip_quickgelu_224": {"embed_dim": 160}, "deit3_huge_patch14_224": {"embed_dim": 160},
    "vit_huge_plus_patch16_dinov3": {"embed_dim": 160}, "vit_giant_patch14_224": {"embed_dim": 160},
    "vit_giant_patch14_clip_224": {"embed_dim": 160}, "vit_giant_patch14_dinov2": {"embed_dim": 192},
    "vit_giant_patch14_reg4_dinov2": {"embed_dim": 192}, "vit_giantopt_patch16_siglip_256": {"embed_dim": 160},
    "vit_gigantic_patch14_clip_224": {"embed_dim": 160}, "vit_so400m_patch14_siglip_224": {"embed_dim": 160},
    "vit_so400m_patch16_siglip_gap_256": {"embed_dim": 160},
    "vit_so150m_patch16_reg4_map_256": {"embed_dim": 128, "num_heads": 2},
    "vit_intern300m_patch14_448": {"embed_dim": 128, "num_heads": 2}, "vit_base_patch14_reg1_tipsv2": {},
    "vit_giant_patch14_reg1_tipsv2": {"embed_dim": 192}, "test_vit2": {},
    # arguments that a user may give timm
    "vit_tiny_patch16_224 with query and key norm": {"qk_norm": True},
    "vit_small_patch16_224 without classes": {"num_classes": 0},
    "vit_small_patch16_224 of other sizes": {"embed_dim": 96, "num_heads": 4, "mlp_ratio": 3, "img_size": 160},
}

# one of each kind of block, tokens and pooling
BFLOAT16 = ("vit_tiny_patch16_224", "deit_tiny_distilled_patch16_224", "deit3_small_patch16_224",
            "vit_small_patch14_reg4_dinov2", "vit_giant_patch14_dinov2", "vit_base_patch32_clip_quickgelu_224",
            "vit_base_patch16_siglip_224", "vit_small_patch16_dinov3", "vit_small_plus_patch16_dinov3",
            "vit_tiny_patch16_224 with query and key norm")


def make(title, **more):
    import timm

    name = title.split()[0]
    patch = int((re.search(r"patch(\d+)", name) or [0, 0])[1])
    small = {} if title in OWN_SIZE else {"img_size": 5 * patch}
    arguments = {"depth": 2, "num_classes": 7, **small, **NAMES.get(title, {}), **more}
    model = timm.create_model(name, dynamic_img_size=True, dynamic_img_pad=True, **arguments)
    return published.randomize(model, title), arguments


def save(model, arguments, folder):
    from timm.models import save_for_hf

    kept = {key: value for key, value in arguments.items() if key not in ("depth", "num_classes")}
    save_for_hf(model, folder, model_args=kept, safe_serialization=True)


def answers(model, images):
    """Logits, and the tokens of the grid as a map."""
    patch = model.patch_embed.patch_size[0]
    tokens = model.forward_features(images)[:, model.num_prefix_tokens:]
    grid = tokens.unflatten(1, (-(-images.shape[2] // patch), -1)).permute(0, 3, 1, 2)
    return {"logits": model(images), "map.0": grid}


class Timm(published.PublishedTest):
    def test_logits_and_features(self):
        for title in NAMES:
            with self.subTest(title):
                self.compare(title)

    def compare(self, title):
        model, arguments = make(title)
        save(model, arguments, self.folder / "source")
        patch, native = model.patch_embed.patch_size[0], model.patch_embed.img_size[0]
        sizes = {"native": (native, native), "larger": (native + 2 * patch, native + 5 * patch),
                 "smaller": (3 * patch, 5 * patch), "odd": (4 * patch + 3, 7 * patch - 1)}
        torch.manual_seed(len(title))
        inputs = {key: torch.randn(2, 3, *size) for key, size in sizes.items()}
        actual = self.outputs(self.folder / "source", inputs)
        for key, images in inputs.items():
            with torch.no_grad():
                for what, expected in answers(model, images).items():
                    self.assert_close(actual[f"{key}.{what}"], expected, f"{title}: {what}, {key}")

    def test_bfloat16_is_as_near_as_the_origins(self):
        for title in BFLOAT16:
            with self.subTest(title):
                model, arguments = make(title)
                save(model, arguments, self.folder / "source")
                torch.manual_seed(len(title))
                patch = model.patch_embed.patch_size[0]
                images = torch.randn(4, 3, 5 * patch, 6 * patch)
                self.assert_bfloat16(self.folder / "source", images, lambda images: answers(model, images))

    def test_bfloat16_weights_are_read(self):
        model, arguments = make("vit_tiny_patch16_224")
        model = model.bfloat16()
        save(model, arguments, self.folder / "source")
        images = torch.randn(1, 3, 224, 224)
        actual = self.outputs(self.folder / "source", {"x": images})
        with torch.no_grad():
            self.assert_close(actual["x.logits"], model.float()(images), "bfloat16")

    def test_names_and_preprocessing_come_along(self):
        model, arguments = make("vit_base_patch16_siglip_224")
        save(model, arguments, self.folder / "source")
        path = self.folder / "source" / "config.json"
        config = json.loads(path.read_text())
        config["label_names"] = list("abcdefg")
        path.write_text(json.dumps(config))
        self.outputs(self.folder / "source", {"x": torch.zeros(1, 3, 32, 32)})
        description = self.description()
        self.assertEqual(description["classes"], list("abcdefg"))
        own = config["pretrained_cfg"]
        for key, value in {"crop_pct": own["crop_pct"], "interpolation": own["interpolation"], "mean": own["mean"],
                           "std": own["std"], "image_size": 80}.items():
            self.assertEqual(description["preprocessing"][key], value, key)

    def test_pixels_are_those_of_timm(self):
        import numpy
        import timm.data
        from PIL import Image

        for title in ("vit_tiny_patch16_224", "vit_base_patch16_siglip_224", "deit3_small_patch16_224"):
            model, arguments = make(title)
            save(model, arguments, self.folder / "source")
            size = model.patch_embed.img_size[0]
            transform = timm.data.create_transform(**timm.data.resolve_data_config({"img_size": size}, model=model))
            generator = numpy.random.default_rng(3)
            for shape in ((301, 411, 3), (500, 260, 3), (120, 90, 3)):
                picture = generator.integers(0, 256, shape, dtype=numpy.uint8)
                pixels = self.outputs(self.folder / "source", {"x": torch.from_numpy(picture)})["x.pixels"]
                expected = transform(Image.fromarray(picture))
                std = torch.tensor(self.description()["preprocessing"]["std"]).view(3, 1, 1)
                levels = ((pixels - expected) * std * 255).abs().max().item()
                self.assertLess(levels, 1.01, f"{title} {shape}")


if __name__ == "__main__":
    published.main(["timm"], "__main__")
