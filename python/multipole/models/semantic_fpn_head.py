"""Maps from the top down, each made as fine as the finest and summed (Semantic FPN, arXiv 1901.02446)."""
from multipole.models.conv_norm import ConvNorm, resize_like
from multipole.models.segmentation_head import SegmentationHead
from multipole.models.top_down import TopDown


class SemanticFpnHead(SegmentationHead):
    def make_decoder(self, in_channels):
        channels = self.config.channels
        self.top_down = TopDown(in_channels, channels, self.scales_between())
        for place in range(len(in_channels)):
            for step in range(max(place, 1)):
                setattr(self, f"climb_{place + 1}_{step + 1}", ConvNorm(channels, channels, 3))

    def decode(self, tokens):
        maps = self.top_down(tokens)
        total = self.climb_1_1(maps[0])
        for i in range(1, len(maps)):
            x = maps[i]
            for step in range(i):
                finer = i - 1 - step
                x = getattr(self, f"climb_{i + 1}_{step + 1}")(x)
                x = resize_like(x, maps[finer].shape[1:3], self.scale(finer + 1, finer))
            total = total + x
        return total
