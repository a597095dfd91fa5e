"""2 x 2 tokens become one (Swin, arXiv 2103.14030)."""
from torch import nn
from torch.nn import functional as F


class PatchMerging(nn.Module):
    """(B, H, W, in) -> (B, H / 2, W / 2, out); an odd border is filled with zeros"""

    def __init__(self, in_channels, out_channels, norm_eps):
        super().__init__()
        self.norm = nn.LayerNorm(4 * in_channels, norm_eps)
        self.reduction = nn.Linear(4 * in_channels, out_channels, bias=False)

    def forward(self, x):
        x = F.pad(x, (0, 0, 0, x.shape[2] % 2, 0, x.shape[1] % 2))
        cut = x.unflatten(2, (-1, 2)).unflatten(1, (-1, 2))
        return self.reduction(self.norm(cut.permute(0, 1, 3, 4, 2, 5).flatten(3)))
