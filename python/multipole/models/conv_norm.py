"""A layer of segmentation decoders."""
import torch
from torch import nn
from torch.nn import functional as F

from multipole.models.token_conv import TokenConv


def resize_like(tokens, size, scale=None):
    """Bilinear, (B, h, w, C) -> (B, *size, C), stretched; scale: how many tokens of the result lie along one of
    `tokens` from the corner on."""
    if scale in (None, 1) and tuple(tokens.shape[1:3]) == tuple(size):
        return tokens
    resize = torch.ops.aten.upsample_bilinear2d
    return resize(tokens.permute(0, 3, 1, 2), tuple(size), False, scale, scale).permute(0, 2, 3, 1)


class ConvNorm(nn.Module):
    """A convolution of 1 x 1 or 3 x 3, a norm and a ReLU, on (B, H, W, C)."""

    def __init__(self, in_channels, out_channels, size):
        super().__init__()
        self.linear = nn.Linear(in_channels, out_channels) if size == 1 else None
        self.conv = TokenConv(in_channels, out_channels) if size == 3 else None
        self.norm = nn.LayerNorm(out_channels, 1e-6)

    def forward(self, x):
        return F.relu(self.norm((self.linear or self.conv)(x)))
