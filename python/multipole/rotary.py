"""Rotary positions of a grid (DINOv3, arXiv 2508.10104), as model files of this program have them."""
import math

import torch


def centres(count, device):
    return 2 * ((torch.arange(count, dtype=torch.float32, device=device) + 0.5) / count) - 1


def rotary_table(height, width, head_dim, period, device=None):
    """(2, height * width, head_dim): cosines and sines. The first quarter of the channels turns by the row, the second
    by the column, at periods from 1 to `period`; the second half repeats the first."""
    exponents = torch.arange(head_dim // 4, dtype=torch.float32, device=device) * (4 / head_dim)
    frequencies = 1 / torch.pow(period, exponents)
    rows = centres(height, device).view(height, 1, 1).expand(height, width, 1)
    columns = centres(width, device).view(1, width, 1).expand(height, width, 1)
    angles = 2 * math.pi * torch.cat([rows * frequencies, columns * frequencies], 2)
    angles = torch.cat([angles, angles], 2).view(height * width, head_dim)
    return torch.stack([angles.cos(), angles.sin()])


def apply_rotary(x, table):
    """x: (B, heads, prefix + tokens, head_dim), whose prefix stays as it is; table: as rotary_table() gives it"""
    prefix = x.shape[2] - table.shape[1]
    placed = x[:, :, prefix:]
    first, second = placed.chunk(2, -1)
    turned = placed * table[0] + torch.cat([-second, first], -1) * table[1]
    return torch.cat([x[:, :, :prefix], turned.to(x.dtype)], 2)
