"""No classes: the backbone's embedding, or a linear map of it."""
from torch import nn

from multipole.models.fields import read_fields


class EmbeddingHead(nn.Module):
    reads_embedding = True

    def __init__(self, config, backbone, num_classes, where):
        super().__init__()
        dim = read_fields(config, {"projection_dim": 0}, where).projection_dim
        self.projection = nn.Linear(backbone.embedding_dim, dim) if dim > 0 else None

    def forward(self, embedding, image_size):
        return embedding if self.projection is None else self.projection(embedding)
