"""From a picture to a model's input, as the program does it."""
import math

import torch

from multipole.models.fields import choose, read_fields

FIELDS = {"image_size": 224, "crop_pct": 0.875, "interpolation": "bilinear", "fit": "crop", "crop_rounding": "even",
          "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "bands": {}}
ROUNDINGS = {"even": round, "down": math.floor}


class Preprocessing:
    """The shorter side, or both where `fit` is "squash", is resized to image_size / crop_pct, and the centre cut out.
    Fields are attributes by the names that model files have. Needs Pillow."""

    def __init__(self, config):
        vars(self).update(vars(read_fields(config, FIELDS, "preprocessing")))
        choose(self.interpolation, {"bilinear": None, "bicubic": None}, "preprocessing.interpolation")
        choose(self.fit, {"crop": None, "squash": None}, "preprocessing.fit")
        choose(self.crop_rounding, ROUNDINGS, "preprocessing.crop_rounding")

    def __call__(self, picture):
        """picture: of PIL, turned as its EXIF says, or uint8 (H, W, 3), an array or a tensor
        -> (3, image_size, image_size) floats"""
        pixels = torch.frombuffer(bytearray(self.resized(picture).tobytes()), dtype=torch.uint8)
        pixels = pixels.view(self.image_size, self.image_size, 3).double() / 255
        mean, std = (torch.tensor(value, dtype=torch.float64) for value in (self.mean, self.std))
        return ((pixels - mean) / std).float().permute(2, 0, 1)

    def resized(self, picture):
        """As a PIL picture of image_size x image_size pixels."""
        from PIL import Image, ImageOps

        if not isinstance(picture, Image.Image):
            pixels = torch.as_tensor(picture)
            if pixels.dtype != torch.uint8 or pixels.dim() != 3 or pixels.shape[2] != 3:
                raise ValueError("a picture is one of PIL or uint8 (H, W, 3), got "
                                 f"{pixels.dtype} {tuple(pixels.shape)}")
            picture = Image.fromarray(pixels.cpu().numpy())
        picture = ImageOps.exif_transpose(picture).convert("RGB")
        width, height = picture.size
        shorter = math.floor(self.image_size / self.crop_pct)
        longer = shorter if self.fit == "squash" else shorter * max(width, height) // min(width, height)
        size = (longer, shorter) if height <= width else (shorter, longer)
        resampling = Image.Resampling.BICUBIC if self.interpolation == "bicubic" else Image.Resampling.BILINEAR
        left, top = (ROUNDINGS[self.crop_rounding]((side - self.image_size) / 2) for side in size)
        return picture.resize(size, resampling).crop((left, top, left + self.image_size, top + self.image_size))
