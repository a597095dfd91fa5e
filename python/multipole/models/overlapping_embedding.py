"""Tokens of patches that overlap (SegFormer, arXiv 2105.15203)."""
from torch import nn

from multipole.models.token_conv import TokenConv


class OverlappingEmbedding(nn.Module):
    def __init__(self, in_channels, embed_dim, size, stride, norm_eps):
        super().__init__()
        self.conv = TokenConv(in_channels, embed_dim, size, stride)
        self.norm = nn.LayerNorm(embed_dim, norm_eps)

    def forward(self, x):
        return self.norm(self.conv(x))
