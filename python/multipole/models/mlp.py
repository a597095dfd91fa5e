"""The two-layer perceptron of a block."""
import functools

import torch
from torch import nn
from torch.nn import functional as F

from multipole.models.fields import choose
from multipole.models.token_conv import TokenConv

ACTIVATIONS = {"gelu": F.gelu, "gelu_tanh": functools.partial(F.gelu, approximate="tanh"),
               "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x), "silu": F.silu, "relu": F.relu}


class Mlp(nn.Module):
    """gated: the first layer's halves are multiplied, the first one activated; conv: a depthwise convolution of the
    grid before the activation; kernel: above 1 the first layer is a convolution of the grid, of that side"""

    def __init__(self, embed_dim, hidden_dim, activation="gelu", gated=False, conv=False, kernel=1):
        super().__init__()
        choose(activation, ACTIVATIONS, "activation")
        self.activation, self.gated = activation, gated
        self.is_fused = kernel > 1
        self.fc1 = (TokenConv(embed_dim, hidden_dim, kernel) if self.is_fused
                    else nn.Linear(embed_dim, (2 if gated else 1) * hidden_dim))
        self.conv = TokenConv(hidden_dim, hidden_dim, groups=hidden_dim) if conv else None
        self.fc2 = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x, grid_size=None):
        hidden = self.fc1(x.unflatten(1, grid_size)).flatten(1, 2) if self.is_fused else self.fc1(x)
        if self.conv is not None:
            hidden = self.conv(hidden.unflatten(1, grid_size)).flatten(1, 2)
        activate = ACTIVATIONS[self.activation]
        if not self.gated:
            return self.fc2(activate(hidden))
        first, second = hidden.chunk(2, -1)
        return self.fc2(activate(first) * second)
