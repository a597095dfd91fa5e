"""Swin transformers of timm and transformers: logits and the maps of all stages equal the origin's own, in float32; in
bfloat16 they are as near.

Usage: python test_swin.py MODEL_OUTPUTS
"""
import copy
import json

import published
import torch

# The first as it is; depths, widths and sizes of the others are cut where their own add nothing but time.
SHORT = {"depths": (1, 2, 2, 2)}
SMALL = {"embed_dim": 16, "num_heads": (1, 2, 4, 8), **SHORT}
TIMM = {
    "swin_tiny_patch4_window7_224": {},
    "swin_small_patch4_window7_224": {"depths": (1, 2, 3, 1), "img_size": 112},
    "swin_base_patch4_window7_224": {**SHORT, "img_size": 128},
    "swin_base_patch4_window12_384": {**SMALL, "img_size": 384},
    # names that nobody planned for
    "swin_s3_tiny_224": SMALL,
    "swin_s3_small_224": SMALL,
    "swin_s3_base_224": SMALL,
    "swin_large_patch4_window12_384": {**SMALL, "img_size": 256},
    "swin_tiny_patch4_window7_224.ms_in22k": {**SMALL, "num_classes": 21841, "img_size": 96},
    # arguments that a user may give timm
    "swin_tiny_patch4_window7_224 of other windows": {**SMALL, "img_size": 256, "window_size": 8},
    "swin_tiny_patch4_window7_224 that fills up windows at its own size": {**SMALL, "img_size": 200},
    "swin_tiny_patch4_window7_224 that always shifts": {**SMALL, "img_size": 112, "always_partition": True},
    "swin_tiny_patch4_window7_224 without bias and classes": {**SMALL, "qkv_bias": False, "num_classes": 0},
    "swin_tiny_patch4_window7_224 of patches of 2": {**SMALL, "img_size": 96, "patch_size": 2, "mlp_ratio": 2.5},
}


class Timm(published.PublishedTest):
    def make(self, title, **more):
        import timm

        arguments = {"num_classes": 7, **TIMM.get(title, SMALL), **more}
        model = published.randomize(timm.create_model(title.split()[0], **arguments), title)
        self.save(model, {key: value for key, value in arguments.items() if key != "num_classes"})
        return model

    def save(self, model, arguments):
        from timm.models import save_for_hf

        save_for_hf(model, self.folder / "source", model_args=arguments, safe_serialization=True)

    def compare(self, model, inputs, title):
        actual = self.outputs(self.folder / "source", inputs)
        for key, images in inputs.items():
            with torch.no_grad():
                self.assert_close(actual[f"{key}.logits"], model(images), f"{title}: logits, {key}")
                maps = model.forward_intermediates(images, norm=True, intermediates_only=True)
            for stage, expected in enumerate(maps):
                self.assert_close(actual[f"{key}.map.{stage}"], expected, f"{title}: map {stage}, {key}")

    def test_logits_and_maps(self):
        for title in TIMM:
            with self.subTest(title):
                model = self.make(title, dynamic_img_size=True)
                patch, native = model.patch_embed.patch_size[0], model.patch_embed.img_size[0]
                # whole patches only, as timm wants it; odd: stages of odd sides, which windows and merging fill up
                sizes = {"native": (native, native), "larger": (native + 9 * patch, native + 14 * patch),
                         "smaller": (13 * patch, 22 * patch), "odd": (57 * patch, 39 * patch)}
                torch.manual_seed(len(title))
                self.compare(model, {key: torch.randn(1, 3, *size) for key, size in sizes.items()}, title)

    def test_bfloat16_is_as_near_as_the_origins(self):
        def answers(images):
            maps = model.forward_intermediates(images, norm=True, intermediates_only=True)
            return {"logits": model(images), **{f"map.{stage}": maps[stage] for stage in range(len(maps))}}

        for title in ("swin_tiny_patch4_window7_224", "swin_base_patch4_window12_384"):
            with self.subTest(title):
                model = self.make(title, dynamic_img_size=True)
                torch.manual_seed(len(title))
                self.assert_bfloat16(self.folder / "source", torch.randn(2, 3, 100, 148), answers)

    def test_a_model_of_one_size(self):
        for title in ("swin_tiny_patch4_window7_224", "swin_tiny_patch4_window7_224 that fills up windows at its own size"):
            with self.subTest(title):
                model = self.make(title, **SMALL)
                side = model.patch_embed.img_size[0]
                self.compare(model, {"native": torch.randn(2, 3, side, side)}, title)

    def test_a_model_that_was_given_another_size(self):
        model = self.make("swin_tiny_patch4_window7_224")
        model.set_input_size((192, 192))
        side = model.layers[0].blocks[0].window_size[0]
        self.save(model, {**SMALL, "img_size": 192, "window_size": side})
        self.compare(model, {"native": torch.randn(2, 3, 192, 192)}, f"windows of {side}")

    def test_buffers_are_ignored_and_preprocessing_comes_along(self):
        from safetensors.torch import load_file, save_file

        model = self.make("swin_base_patch4_window12_384")
        path = self.folder / "source" / "model.safetensors"
        weights = load_file(path)
        weights["layers.1.blocks.1.attn_mask"] = torch.zeros(64, 144, 144)
        weights["layers.1.blocks.1.attn.relative_position_index"] = torch.zeros(144, 144, dtype=torch.int64)
        save_file(weights, path)
        self.compare(model, {"native": torch.randn(1, 3, 384, 384)}, "with buffers")
        description = self.description()
        own = json.loads((self.folder / "source" / "config.json").read_text())["pretrained_cfg"]
        for key, value in {"crop_pct": own["crop_pct"], "interpolation": own["interpolation"], "mean": own["mean"],
                           "std": own["std"], "image_size": 384}.items():
            self.assertEqual(description["preprocessing"][key], value, key)


def configs():
    """title: (class of the model, its config, sizes beside the native one)"""
    import transformers as t

    labels = {index: f"kind {index}" for index in range(7)}
    named = dict(id2label=labels, label2id={name: index for index, name in labels.items()})
    small = dict(embed_dim=24, depths=[2, 3, 2, 2], num_heads=[1, 2, 3, 4], image_size=128, window_size=4)
    # windows must fit into every stage: transformers cuts their tables for smaller ones and fails. 97 x 101: smaller, of
    # 4 x 4 tokens at the end; the odd ones are no multiple of a patch, and odd in several stages.
    sizes = {"larger": (160, 212), "smaller": (97, 101), "odd": (131, 213)}
    large = {"larger": (237, 261)}
    return {
        "tiny": (t.SwinForImageClassification, t.SwinConfig(**named), large),
        "base, shorter": (t.SwinForImageClassification,
                          t.SwinConfig(embed_dim=128, depths=[1, 2, 2, 1], num_heads=[4, 8, 16, 32], **named), large),
        "small, shorter": (t.SwinForImageClassification, t.SwinConfig(depths=[1, 2, 3, 2], **named), large),
        "windows of 4": (t.SwinForImageClassification, t.SwinConfig(**small, **named), sizes),
        "windows of 3": (t.SwinForImageClassification, t.SwinConfig(**{**small, "window_size": 3}, **named),
                         {**sizes, "smaller": (65, 180), "even smaller": (66, 67)}),
        "without biases of queries": (t.SwinForImageClassification, t.SwinConfig(**small, **named, qkv_bias=False), sizes),
        "other mlps": (t.SwinForImageClassification, t.SwinConfig(**small, **named, mlp_ratio=2.5), sizes),
        "without classes": (t.SwinModel, t.SwinConfig(**small), sizes),
        "for masked pictures": (t.SwinForMaskedImageModeling, t.SwinConfig(**small), {}),
    }


class Transformers(published.PublishedTest):
    def test_logits_and_maps(self):
        for title, (kind, config, sizes) in configs().items():
            with self.subTest(title):
                model = published.randomize(kind(config), title)
                self.compare(title, model, {"native": (config.image_size, config.image_size), **sizes})

    def compare(self, title, model, sizes):
        model.save_pretrained(self.folder / "source")
        torch.manual_seed(len(title))
        inputs = {key: torch.randn(1, 3, *size) for key, size in sizes.items()}
        actual = self.outputs(self.folder / "source", inputs)
        for key, images in inputs.items():
            fresh = copy.deepcopy(model)  # a forward pass may change windows and shifts for good
            backbone = getattr(fresh, "swin", fresh)
            with torch.no_grad():
                if hasattr(fresh, "classifier"):
                    self.assert_close(actual[f"{key}.logits"], fresh(images).logits, f"{title}: logits, {key}")
                out = backbone(images, output_hidden_states=True, output_hidden_states_before_downsampling=True)
            maps = list(out.reshaped_hidden_states[1:])
            maps[-1] = out.last_hidden_state.transpose(1, 2).reshape(maps[-1].shape)
            for stage, expected in enumerate(maps):
                self.assert_close(actual[f"{key}.map.{stage}"], expected, f"{title}: map {stage}, {key}")
            self.assert_close(actual[f"{key}.embedding"], maps[-1].mean((2, 3)), f"{title}: embedding, {key}")

    def test_buffers_of_before_are_ignored(self):
        from safetensors.torch import load_file, save_file

        kind, config, _ = configs()["windows of 4"]
        published.randomize(kind(config), "buffers").save_pretrained(self.folder / "source")
        path = self.folder / "source" / "model.safetensors"
        weights = load_file(path)
        name = "swin.encoder.layers.0.blocks.0.attention.self.relative_position_index"
        weights[name] = torch.zeros(16, 16, dtype=torch.int64)
        save_file(weights, path)
        self.outputs(self.folder / "source", {"x": torch.zeros(1, 3, 40, 40)})
        self.assertEqual(self.description()["classes"], [f"kind {index}" for index in range(7)])


if __name__ == "__main__":
    published.main(["timm", "transformers"], "__main__")
