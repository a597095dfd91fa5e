"""Pooling by a learned query and an MLP block (SigLIP, arXiv 2303.15343)."""
import torch
from torch import nn
from torch.nn import functional as F

from multipole.models.mlp import Mlp


class QueryPooling(nn.Module):
    """(B, tokens, embed_dim) -> (B, embed_dim)"""

    def __init__(self, embed_dim, num_heads, norm_eps, mlp):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Parameter(nn.init.trunc_normal_(torch.empty(embed_dim), std=0.02))
        self.q, self.kv = nn.Linear(embed_dim, embed_dim), nn.Linear(embed_dim, 2 * embed_dim)
        self.proj = nn.Linear(embed_dim, embed_dim)
        self.norm, self.mlp = nn.LayerNorm(embed_dim, norm_eps), Mlp(embed_dim, **mlp)

    def forward(self, tokens):
        batch = tokens.shape[0]
        query = self.q(self.query[None]).view(1, self.num_heads, 1, -1).expand(batch, -1, -1, -1)
        k, v = self.kv(tokens).unflatten(-1, (2, self.num_heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        pooled = self.proj(F.scaled_dot_product_attention(query, k, v).reshape(batch, -1))
        return pooled + self.mlp(self.norm(pooled))
