"""Convolutions of tokens."""
from torch import nn


class TokenConv(nn.Conv2d):
    """(B, H, W, in) -> (B, H, W, out), a border of zeros around the grid."""

    def __init__(self, in_channels, out_channels, size=3, stride=1, groups=1):
        super().__init__(in_channels, out_channels, size, stride, size // 2, groups=groups)

    def forward(self, x):
        return super().forward(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
