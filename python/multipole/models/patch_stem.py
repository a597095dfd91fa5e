"""Patches of pixels with a norm (Swin, arXiv 2103.14030)."""
from torch import nn

from multipole.models.patch_embedding import PatchEmbedding


class PatchStem(nn.Module):
    """(B, H, W, in) -> (B, H / patch_size, W / patch_size, embed_dim)"""

    def __init__(self, in_channels, embed_dim, patch_size, norm_eps):
        super().__init__()
        self.proj = PatchEmbedding(in_channels, embed_dim, patch_size)
        self.norm = nn.LayerNorm(embed_dim, norm_eps)

    def forward(self, x):
        return self.norm(self.proj(x.permute(0, 3, 1, 2)))
