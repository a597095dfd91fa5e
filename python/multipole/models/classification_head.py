"""Classes of a picture from its last map or its embedding."""
from torch import nn

from multipole.models.attention_pooling import AttentionPooling
from multipole.models.fields import choose, read_fields

FIELDS = {"pooling": "average", "pooling_heads": 4, "norm": False, "dropout": 0.0}
POOLINGS = {"average": None, "attention": None, "embedding": None}


class ClassificationHead(nn.Module):
    def __init__(self, config, backbone, num_classes, where):
        super().__init__()
        config = read_fields(config, FIELDS, where)
        choose(config.pooling, POOLINGS, f"{where}.pooling")
        self.reads_embedding = config.pooling == "embedding"
        dim = backbone.embedding_dim if self.reads_embedding else backbone.num_channels[-1]
        self.pooling = AttentionPooling(dim, config.pooling_heads) if config.pooling == "attention" else None
        self.norm = nn.LayerNorm(dim) if config.norm else None
        self.dropout = nn.Dropout(config.dropout)
        self.linear = nn.Linear(dim, num_classes)

    def forward(self, features, image_size):
        """features: the backbone's maps, or its embedding -> (B, num_classes)"""
        if self.reads_embedding:
            pooled = features
        else:
            pooled = features[-1].mean((2, 3)) if self.pooling is None else self.pooling(features[-1])
        return self.linear(self.dropout(pooled if self.norm is None else self.norm(pooled)))
