"""A backbone of four stages, each half as fine as the one before."""
from torch import nn

from multipole.models.fields import choose, merge, read_fields
from multipole.models.stage import Stage
from multipole.models.stage_embeddings import EMBEDDINGS

NUM_STAGES = 4
FIELDS = {"in_channels": 3, "image_size": 224, "stem_stride": 4, "embed_dims": [64, 128, 256, 512],
          "depths": [2, 2, 6, 2], "num_heads": [2, 4, 8, 16], "mlp_ratio": 4.0, "drop_path_rate": 0.0,
          "layer_scale_init": 0.0, "position_conv": True, "embedding": "convolutional", "mlp_conv": False,
          "mlp_kernels": [], "norm_eps": 1e-6, "stage_norms": True, "attention": {"type": "multipole2d"}, "stage_attention": []}


class Pyramid(nn.Module):
    """config: the backbone of a model file."""

    def __init__(self, config, where):
        super().__init__()
        config = self.config = read_fields(config, FIELDS, where)
        choose(config.embedding, EMBEDDINGS, f"{where}.embedding")
        overrides = config.stage_attention or [{}] * NUM_STAGES
        self.stem = EMBEDDINGS[config.embedding](config, 0)
        self.stages = nn.ModuleList(
            Stage(config, stage, merge(config.attention, overrides[stage]), f"{where}.attention (stage {stage})")
            for stage in range(NUM_STAGES))

    @property
    def num_channels(self):
        """Of the maps, finest first."""
        return self.config.embed_dims

    @property
    def strides(self):
        """Pixels along a token of each."""
        return [self.config.stem_stride << stage for stage in range(NUM_STAGES)]

    @property
    def embedding_dim(self):
        return self.config.embed_dims[-1]

    def forward_intermediates(self, images):
        x, maps = self.stem(images.permute(0, 2, 3, 1)), []
        for stage in self.stages:
            x = stage(x)
            maps.append(x.permute(0, 3, 1, 2))
        return maps

    def embed(self, images):
        return self.forward_intermediates(images)[-1].mean((2, 3))
