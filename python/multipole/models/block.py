"""A pre-norm transformer block."""
import torch
from torch import nn

from multipole.models.attentions import make_attention
from multipole.models.mlp import Mlp
from multipole.models.token_conv import TokenConv


class Block(nn.Module):
    """(B, prefix + H W, embed_dim) -> the same shape. attention: its config in the model file; mlp: further arguments
    of Mlp. Convolutions are for sequences without a prefix."""

    def __init__(self, embed_dim, num_heads, attention, grid_size, norm_eps, layer_scale, mlp, position_conv, where):
        super().__init__()
        self.position_conv = None
        if position_conv:
            self.position_conv = nn.ModuleDict({"conv": TokenConv(embed_dim, embed_dim, groups=embed_dim)})
        self.norm1 = nn.LayerNorm(embed_dim, norm_eps)
        self.attention = make_attention(attention, embed_dim, num_heads, grid_size, where)
        self.norm2 = nn.LayerNorm(embed_dim, norm_eps)
        self.mlp = Mlp(embed_dim, **mlp)
        for name in ("layer_scale1", "layer_scale2"):
            scale = nn.ParameterDict({"gamma": nn.Parameter(torch.ones(embed_dim))}) if layer_scale else None
            setattr(self, name, scale)

    def forward(self, x, grid_size, rotary=None):
        if self.position_conv is not None:
            x = x + self.position_conv["conv"](x.unflatten(1, grid_size)).flatten(1, 2)
        attended = self.attention.forward_sequence(self.norm1(x), grid_size, rotary)
        x = x + self.scaled(attended, self.layer_scale1)
        return x + self.scaled(self.mlp(self.norm2(x), grid_size), self.layer_scale2)

    @staticmethod
    def scaled(branch, scale):
        return branch if scale is None else branch * scale["gamma"]
