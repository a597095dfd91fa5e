"""Attention swapped into the same weights from Python, in timm's model, and here: the same features.

Usage: python test_attention_swap.py MODEL_OUTPUTS, with the package `multipole` on PYTHONPATH
"""
import copy
import json

import published
import torch

from test_timm import make, save

DEFAULTS = {"summaries": "cluster"}
CASES = {"vit_small_patch14_reg4_dinov2": (DEFAULTS, {"summaries": "basis"}, {**DEFAULTS, "cell": 4, "hot": 7}),
         "vit_base_patch16_siglip_gap_224": ({**DEFAULTS, "hot": 0},),
         "vit_tiny_patch16_224 with query and key norm": (DEFAULTS,)}


class Swap(published.PublishedTest):
    def test_features(self):
        import multipole

        for title, all_settings in CASES.items():
            model, arguments = make(title)
            save(model, arguments, self.folder / "source")
            patch = model.patch_embed.patch_size[0]
            torch.manual_seed(len(title))
            images = torch.randn(1, 3, 19 * patch, 23 * patch)
            with torch.no_grad():
                full = self.grid(model, images)
            for settings in all_settings:
                with self.subTest(title, **settings):
                    choice = json.dumps({"type": "multipole2d", **settings})
                    actual = self.outputs(self.folder / "source", {"x": images}, attention=choice)["x.map.0"]
                    with torch.no_grad():
                        swapped = self.grid(multipole.swap_attention(copy.deepcopy(model), **settings), images)
                    self.assert_close(actual, swapped, f"{title}, {settings}")
                    difference = (full - actual).abs().max().item()
                    self.assertGreater(difference, 10 * self.tolerance, f"{title}, {settings}: nothing was swapped")

    def grid(self, model, images):
        tokens = model.forward_features(images)[:, model.num_prefix_tokens:]
        return tokens.unflatten(1, (19, 23)).permute(0, 3, 1, 2)


if __name__ == "__main__":
    published.main(["timm", "safetensors", "multipole"], __name__)
