"""From the tokens of a vision transformer to one vector a picture."""
import torch
from torch import nn

from multipole.models.fields import choose
from multipole.models.query_pooling import QueryPooling

# how many tokens' widths each gives
POOLINGS = {"class_token": 1, "mean": 1, "attention": 1, "class_token_and_mean": 2, "class_and_register_token": 2}


class VitPooling(nn.Module):
    """(B, prefix + n, embed_dim), normalised -> (B, dim)"""

    def __init__(self, config, num_prefix, mlp):
        super().__init__()
        pooled_dim = choose(config.pooling, POOLINGS, "pooling") * config.embed_dim
        self.pooling, self.num_prefix, self.dim = config.pooling, num_prefix, config.projection_dim or pooled_dim
        self.attention = self.norm = self.projection = None
        if config.pooling == "attention":
            self.attention = QueryPooling(config.embed_dim, config.num_heads, config.norm_eps, mlp)
        if config.pool_norm:
            self.norm = nn.LayerNorm(config.embed_dim, config.norm_eps)
        if config.projection_dim > 0:
            self.projection = nn.Linear(pooled_dim, config.projection_dim, bias=False)

    def forward(self, tokens):
        pooled = self.pool(tokens)
        if self.norm is not None:
            pooled = self.norm(pooled)
        return pooled if self.projection is None else self.projection(pooled)

    def pool(self, tokens):
        if self.pooling == "class_token":
            return tokens[:, 0]
        if self.pooling == "class_and_register_token":
            return tokens[:, :2].flatten(1)
        grid = tokens[:, self.num_prefix:]
        if self.pooling == "attention":
            return self.attention(grid)
        return grid.mean(1) if self.pooling == "mean" else torch.cat([tokens[:, 0], grid.mean(1)], 1)
