"""Coarse maps added to finer ones (FPN, arXiv 1612.03144)."""
from torch import nn

from multipole.models.conv_norm import ConvNorm, resize_like


class TopDown(nn.Module):
    """Maps (B, h, w, C), finest first -> as many of `channels`; scales: of resize_like(), from each to the next finer"""

    def __init__(self, in_channels, channels, scales):
        super().__init__()
        self.count, self.scales = len(in_channels), scales
        for place, inputs in enumerate(in_channels, 1):
            setattr(self, f"lateral_{place}", ConvNorm(inputs, channels, 1))

    def forward(self, tokens):
        maps = [getattr(self, f"lateral_{place}")(x) for place, x in enumerate(tokens, 1)]
        for i in reversed(range(self.count - 1)):
            maps[i] = maps[i] + resize_like(maps[i + 1], maps[i].shape[1:3], self.scales[i])
        return maps
