"""Pooling of a map by a learned query (CaiT, arXiv 2103.17239, section 3)."""
import math

import torch
from torch import nn


class AttentionPooling(nn.Module):
    """(B, embed_dim, H, W) -> (B, embed_dim)"""

    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.query = nn.Parameter(nn.init.trunc_normal_(torch.empty(num_heads, embed_dim // num_heads), std=0.02))
        self.key = nn.Linear(embed_dim, embed_dim, bias=False)
        self.value, self.proj = nn.Linear(embed_dim, embed_dim), nn.Linear(embed_dim, embed_dim)

    def forward(self, image_map):
        heads, head_dim = self.query.shape
        tokens = image_map.flatten(2).transpose(1, 2)
        keys, values = (layer(tokens).unflatten(2, (heads, head_dim)) for layer in (self.key, self.value))
        weights = torch.einsum("hd,bnhd->bhn", self.query / math.sqrt(head_dim), keys).softmax(-1)
        return self.proj(torch.einsum("bhn,bnhd->bhd", weights, values).flatten(1))
