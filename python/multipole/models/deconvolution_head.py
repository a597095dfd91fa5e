"""Transposed convolutions on the coarsest map (arXiv 1804.06208, section 2)."""
from torch import nn
from torch.nn import functional as F

from multipole.models.segmentation_head import SegmentationHead


class DeconvolutionHead(SegmentationHead):
    own_fields = {"widths": [128, 128], "norm": True}

    def make_decoder(self, in_channels):
        self.widths, channels = [*self.config.widths, self.config.channels], in_channels[-1]
        for place, width in enumerate(self.widths, 1):
            setattr(self, f"deconvolution_{place}", nn.ConvTranspose2d(channels, width, 4, 2, 1))
            if self.config.norm:
                setattr(self, f"norm_{place}", nn.LayerNorm(width, 1e-6))
            channels = width

    def decoded_stride(self):
        return self.strides[-1] / 2 ** len(self.widths)

    def decode(self, tokens):
        x = tokens[-1]
        for place in range(1, len(self.widths) + 1):
            x = getattr(self, f"deconvolution_{place}")(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
            x = F.relu(getattr(self, f"norm_{place}")(x) if self.config.norm else x)
        return x
