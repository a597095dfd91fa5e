"""Tokens of pixels that do not overlap."""
from torch import nn
from torch.nn import functional as F


class PatchEmbedding(nn.Conv2d):
    """(B, C, H, W) -> (B, rows, columns, embed_dim). A border narrower than a patch is filled with zeros or cut."""

    def __init__(self, in_channels, embed_dim, patch_size):
        super().__init__(in_channels, embed_dim, patch_size, patch_size)

    def forward(self, images, drop=False):
        patch, (height, width) = self.kernel_size[0], images.shape[2:]

        def missing(pixels):  # negative ones are cut off
            return max(1, pixels // patch) * patch - pixels if drop else -pixels % patch

        return super().forward(F.pad(images, (0, missing(width), 0, missing(height)))).permute(0, 2, 3, 1)
