"""A pyramid of pooled sizes on the coarsest map, then maps from the top down (UPerNet, arXiv 1807.10221)."""
import torch
from torch.nn import functional as F

from multipole.models.conv_norm import ConvNorm, resize_like
from multipole.models.segmentation_head import SegmentationHead
from multipole.models.top_down import TopDown


class UperNetHead(SegmentationHead):
    own_fields = {"pool_sizes": [1, 2, 3, 6]}

    def make_decoder(self, in_channels):
        channels, sizes, coarsest = self.config.channels, self.config.pool_sizes, in_channels[-1]
        for size in sizes:
            setattr(self, f"pool_{size}", ConvNorm(coarsest, channels, 1))
        self.pool_fuse = ConvNorm(coarsest + len(sizes) * channels, channels, 3)
        self.top_down = TopDown([*in_channels[:-1], channels], channels, self.scales_between())
        for place in range(1, len(in_channels)):
            setattr(self, f"output_{place}", ConvNorm(channels, channels, 3))
        self.fuse = ConvNorm(len(in_channels) * channels, channels, 3)

    def pool_pyramid(self, tokens):
        parts = [tokens]
        for size in self.config.pool_sizes:
            pooled = F.adaptive_avg_pool2d(tokens.permute(0, 3, 1, 2), size).permute(0, 2, 3, 1)
            parts.append(resize_like(getattr(self, f"pool_{size}")(pooled), tokens.shape[1:3]))
        return self.pool_fuse(torch.cat(parts, 3))

    def decode(self, tokens):
        maps = self.top_down([*tokens[:-1], self.pool_pyramid(tokens[-1])])
        maps[:-1] = [getattr(self, f"output_{place}")(x) for place, x in enumerate(maps[:-1], 1)]
        size = maps[0].shape[1:3]
        return self.fuse(torch.cat([resize_like(x, size, self.scale(i, 0)) for i, x in enumerate(maps)], 3))
