"""Two convolutions from pixels to tokens."""
from torch import nn
from torch.nn import functional as F

from multipole.models.token_conv import TokenConv


class Stem(nn.Module):
    """(B, H, W, in) -> (B, H / stride, W / stride, embed_dim); stride 1, 2 or 4"""

    def __init__(self, in_channels, embed_dim, stride, norm_eps):
        super().__init__()
        hidden_dim = (embed_dim + 1) // 2
        self.conv1 = TokenConv(in_channels, hidden_dim, stride=2 if stride > 1 else 1)
        self.norm1 = nn.LayerNorm(hidden_dim, norm_eps)
        self.conv2 = TokenConv(hidden_dim, embed_dim, stride=2 if stride > 2 else 1)
        self.norm2 = nn.LayerNorm(embed_dim, norm_eps)

    def forward(self, x):
        return self.norm2(self.conv2(F.gelu(self.norm1(self.conv1(x)))))
