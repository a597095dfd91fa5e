"""A stage of a pyramid."""
from torch import nn

from multipole.models.block import Block
from multipole.models.stage_embeddings import EMBEDDINGS


class Stage(nn.Module):
    """(B, H, W, dim of the stage before) -> (B, H / 2, W / 2, embed_dim); the first one keeps size and width"""

    def __init__(self, config, stage, attention, where):
        super().__init__()
        dim, eps, stride = config.embed_dims[stage], config.norm_eps, config.stem_stride << stage
        self.downsample = EMBEDDINGS[config.embedding](config, stage) if stage > 0 else None
        mlp = {"hidden_dim": int(dim * config.mlp_ratio + 0.5), "conv": config.mlp_conv,
               "kernel": (config.mlp_kernels or [1] * len(config.depths))[stage]}
        self.blocks = nn.ModuleList(
            Block(dim, config.num_heads[stage], attention, -(-config.image_size // stride), eps,
                  config.layer_scale_init > 0, mlp, config.position_conv, where) for _ in range(config.depths[stage]))
        self.norm = nn.LayerNorm(dim, eps) if config.stage_norms or stage == len(config.depths) - 1 else None

    def forward(self, x):
        if self.downsample is not None:
            x = self.downsample(x)
        grid_size = tuple(x.shape[1:3])
        x = x.flatten(1, 2)
        for block in self.blocks:
            x = block(x, grid_size)
        x = x.unflatten(1, grid_size)
        return x if self.norm is None else self.norm(x)
