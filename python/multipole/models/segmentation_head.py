"""What all segmentation heads share."""
from torch import nn

from multipole.models.conv_norm import ConvNorm, resize_like
from multipole.models.fields import choose, read_fields

FIELDS = {"channels": 128, "dropout": 0.1, "auxiliary": False, "context": False, "resize": "stretch"}
AUXILIARY_MAP = 2


class SegmentationHead(nn.Module):
    """A decoder makes one map of the backbone's maps, a linear layer logits, resized to the picture. decode(tokens), of
    (B, h, w, C) each, is a head's own. The layers of the coarse view and of the auxiliary classifier, of which one is
    for tiles and the other for training, are here for their weights alone."""

    own_fields = {}
    reads_embedding = False

    def __init__(self, config, backbone, num_classes, where):
        super().__init__()
        config = self.config = read_fields(config, {**FIELDS, **self.own_fields}, where)
        choose(config.resize, {"stretch": None, "stride": None}, f"{where}.resize")
        channels, self.strides = backbone.num_channels, backbone.strides
        self.dropout = nn.Dropout2d(config.dropout)
        self.classifier = nn.Linear(config.channels, num_classes)
        if config.context:
            self.context = nn.Linear(channels[-1], channels[-1])
        if config.auxiliary:
            self.auxiliary_conv = ConvNorm(channels[AUXILIARY_MAP], config.channels, 3)
            self.auxiliary_classifier = nn.Linear(config.channels, num_classes)
        self.make_decoder(channels)

    def forward(self, maps, image_size):
        """-> (B, num_classes, *image_size)"""
        decoded = self.decode([image_map.permute(0, 2, 3, 1) for image_map in maps])
        decoded = self.dropout(decoded.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        scale = self.decoded_stride() if self.config.resize == "stride" else None
        return resize_like(self.classifier(decoded), image_size, scale).permute(0, 3, 1, 2)

    def decoded_stride(self):
        """Pixels along a token of what decode() gives."""
        return self.strides[0]

    def scale(self, coarse, fine):
        """How many tokens of the map `fine` lie along one of `coarse`; None where maps are stretched."""
        return self.strides[coarse] / self.strides[fine] if self.config.resize == "stride" else None

    def scales_between(self):
        """From every map but the finest to the one before it."""
        return [self.scale(i + 1, i) for i in range(len(self.strides) - 1)]
