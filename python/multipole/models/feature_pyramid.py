"""Maps of four scales from tokens of one (ViTDet, arXiv 2203.16527)."""
from torch import nn
from torch.nn import functional as F

from multipole.models.upscale import Upscale

FINEST_STRIDE = 4
NUM_MAPS = 4


class FeaturePyramid(nn.Module):
    """Finer maps by transposed convolutions, coarser ones by max pooling; the finest has the smallest stride of 4 or
    more that halving the patch gives."""

    def __init__(self, embed_dim, patch_size, norm_eps):
        super().__init__()
        stride = patch_size
        while stride % 2 == 0 and stride // 2 >= FINEST_STRIDE:
            stride //= 2
        self.patch_size, self.strides = patch_size, [stride << i for i in range(NUM_MAPS)]
        self.maps = nn.ModuleList(Upscale(embed_dim, self.doublings(stride), norm_eps) for stride in self.strides)

    def doublings(self, stride):
        count = 0
        while stride < self.patch_size:
            stride, count = 2 * stride, count + 1
        return count

    @property
    def num_channels(self):
        return [scale.num_channels for scale in self.maps]

    def forward(self, grids, height, width):
        """grids: one a map, (B, embed_dim, h, w) -> the maps of pictures of height x width pixels"""
        maps = []
        for scale, stride, grid in zip(self.maps, self.strides, grids):
            pooled, found = max(1, stride // self.patch_size), scale(grid)
            if pooled > 1:
                found = F.max_pool2d(found, pooled, pooled, ceil_mode=True)
            maps.append(found[:, :, :-(-height // stride), :-(-width // stride)])
        return maps
