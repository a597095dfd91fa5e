"""SegFormer's decoder of linear layers (arXiv 2105.15203, section 3.2)."""
import torch
from torch import nn
from torch.nn import functional as F

from multipole.models.conv_norm import resize_like
from multipole.models.segmentation_head import SegmentationHead


class SegformerHead(SegmentationHead):
    own_fields = {"norm": True}

    def make_decoder(self, in_channels):
        channels = self.config.channels
        for place, inputs in enumerate(in_channels, 1):
            setattr(self, f"projection_{place}", nn.Linear(inputs, channels))
        self.fuse = nn.Linear(len(in_channels) * channels, channels)
        self.norm = nn.LayerNorm(channels, 1e-6) if self.config.norm else None

    def decode(self, tokens):
        size = tokens[0].shape[1:3]
        parts = [resize_like(getattr(self, f"projection_{place}")(x), size, self.scale(place - 1, 0))
                 for place, x in enumerate(tokens, 1)]
        fused = self.fuse(torch.cat(parts, 3))
        return F.relu(fused if self.norm is None else self.norm(fused))
