"""Learned positions of a grid, for grids of every size."""
import torch
from torch import nn
from torch.nn import functional as F

from multipole.models.fields import choose

ANTIALIASED = {"bicubic": False, "antialiased": True}


class PositionEmbedding(nn.Module):
    def __init__(self, grid, embed_dim, resize):
        super().__init__()
        self.antialias = choose(resize, ANTIALIASED, "position_resize")
        self.weight = nn.Parameter(nn.init.trunc_normal_(torch.empty(grid, grid, embed_dim), std=0.02))

    def forward(self, grid_size):
        """(1, H, W, embed_dim)"""
        positions = self.weight[None]
        if tuple(grid_size) == tuple(self.weight.shape[:2]):
            return positions
        resized = F.interpolate(positions.float().permute(0, 3, 1, 2).contiguous(), size=tuple(grid_size),
                                mode="bicubic", align_corners=False, antialias=self.antialias)
        return resized.permute(0, 2, 3, 1).to(self.weight.dtype)
