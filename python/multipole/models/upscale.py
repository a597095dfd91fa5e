"""A map made finer by transposed convolutions."""
from torch import nn
from torch.nn import functional as F


class Upscale(nn.Module):
    """Twice as fine `steps` times, with half the channels each time; a norm and a GELU between two."""

    def __init__(self, channels, steps, norm_eps):
        super().__init__()
        self.steps = steps
        for step in range(steps):
            if step > 0:
                setattr(self, f"norm{step}", nn.LayerNorm(channels, norm_eps))
            setattr(self, f"conv{step}", nn.ConvTranspose2d(channels, max(1, channels // 2), 2, 2))
            channels = max(1, channels // 2)
        self.num_channels = channels

    def forward(self, x):
        for step in range(self.steps):
            if step > 0:
                x = F.gelu(getattr(self, f"norm{step}")(x.permute(0, 2, 3, 1))).permute(0, 3, 1, 2)
            x = getattr(self, f"conv{step}")(x)
        return x
