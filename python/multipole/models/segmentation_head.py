"""What all segmentation heads share."""
from torch import nn

from multipole.models.conv_norm import ConvNorm, resize_like
from multipole.models.fields import read_fields

FIELDS = {"channels": 128, "dropout": 0.1, "auxiliary": False, "context": False}
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
        channels = backbone.num_channels
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
        return resize_like(self.classifier(decoded), image_size).permute(0, 3, 1, 2)
