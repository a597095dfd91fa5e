"""A vision transformer: patches of pixels, prefix tokens, blocks on one grid."""
import torch
from torch import nn

from multipole.models.block import Block
from multipole.models.feature_pyramid import NUM_MAPS, FeaturePyramid
from multipole.models.fields import choose, read_fields
from multipole.models.patch_embedding import PatchEmbedding
from multipole.models.position_embedding import PositionEmbedding
from multipole.models.vit_pooling import VitPooling
from multipole.rotary import rotary_table

FIELDS = {"in_channels": 3, "image_size": 224, "patch_size": 16, "partial_patches": "pad", "embed_dim": 192,
          "depth": 12, "num_heads": 3, "hidden_dim": 0, "activation": "gelu", "gated_mlp": False, "class_token": True,
          "register_tokens": 0, "positions": "learned", "position_resize": "antialiased", "rotary_period": 100.0,
          "norm_eps": 1e-6, "pre_norm": False, "final_norm": True, "pool_norm": False, "pooling": "class_token",
          "projection_dim": 0, "layer_scale_init": 0.0, "drop_path_rate": 0.0, "pyramid": False, "map_blocks": [],
          "attention": {"type": "full"}}


class Vit(nn.Module):
    """config: the backbone of a model file."""

    def __init__(self, config, where):
        super().__init__()
        config = self.config = read_fields(config, FIELDS, where)
        choose(config.partial_patches, {"pad": None, "drop": None}, f"{where}.partial_patches")
        choose(config.positions, {"learned": None, "rotary": None, "none": None}, f"{where}.positions")
        dim, eps, num_prefix = config.embed_dim, config.norm_eps, int(config.class_token) + config.register_tokens
        self.patch = PatchEmbedding(config.in_channels, dim, config.patch_size)
        self.prefix = self.positions = self.norm_pre = self.norm = self.pyramid = None
        if num_prefix > 0:
            self.prefix = nn.Parameter(nn.init.trunc_normal_(torch.empty(num_prefix, dim), std=0.02))
        if config.positions == "learned":
            self.positions = PositionEmbedding(config.image_size // config.patch_size, dim, config.position_resize)
        if config.pre_norm:
            self.norm_pre = nn.LayerNorm(dim, eps)
        mlp = {"hidden_dim": config.hidden_dim or 4 * dim, "activation": config.activation}
        self.blocks = nn.ModuleList(
            Block(dim, config.num_heads, attention, -(-config.image_size // config.patch_size), eps,
                  config.layer_scale_init > 0, {**mlp, "gated": config.gated_mlp}, False, f"{where}.attention")
            for attention in self.attentions())
        if config.final_norm:
            self.norm = nn.LayerNorm(dim, eps)
        self.pool = VitPooling(config, num_prefix, mlp)
        if config.pyramid:
            self.pyramid = FeaturePyramid(dim, config.patch_size, eps)

    def attentions(self):
        """One config a block."""
        attention, depth = self.config.attention, self.config.depth
        return attention if isinstance(attention, list) else [attention] * depth

    @property
    def num_channels(self):
        """Of the maps, finest first."""
        if self.pyramid is not None:
            return self.pyramid.num_channels
        return [self.config.embed_dim] * max(1, len(self.config.map_blocks))

    @property
    def strides(self):
        """Pixels along a token of each."""
        if self.pyramid is not None:
            return self.pyramid.strides
        return [self.config.patch_size] * max(1, len(self.config.map_blocks))

    @property
    def embedding_dim(self):
        return self.pool.dim

    def tokens_of(self, images, drop):
        """(B, prefix + H W, embed_dim), (H, W) and the rotary table."""
        tokens, rotary = self.patch(images, drop), None
        grid_size = tuple(tokens.shape[1:3])
        if self.positions is not None:
            tokens = tokens + self.positions(grid_size)
        if self.config.positions == "rotary":
            head_dim = self.config.embed_dim // self.config.num_heads
            rotary = rotary_table(*grid_size, head_dim, self.config.rotary_period, images.device)
        x = tokens.flatten(1, 2)
        if self.prefix is not None:
            x = torch.cat([self.prefix.expand(x.shape[0], -1, -1).to(x.dtype), x], 1)
        return x if self.norm_pre is None else self.norm_pre(x), grid_size, rotary

    def normed(self, x):
        return x if self.norm is None else self.norm(x)

    def forward_intermediates(self, images):
        x, grid_size, rotary = self.tokens_of(images, drop=False)
        maps, wanted = [], self.config.map_blocks or [len(self.blocks) - 1]
        for index, block in enumerate(self.blocks):
            x = block(x, grid_size, rotary)
            grid = self.normed(x[:, x.shape[1] - grid_size[0] * grid_size[1]:]) if index in wanted else None
            maps += [grid.unflatten(1, grid_size).permute(0, 3, 1, 2)] * wanted.count(index) if grid is not None else []
        if self.pyramid is None:
            return maps
        return self.pyramid(maps * NUM_MAPS if len(maps) == 1 else maps, *images.shape[2:])

    def embed(self, images):
        x, grid_size, rotary = self.tokens_of(images, drop=self.config.partial_patches == "drop")
        for block in self.blocks:
            x = block(x, grid_size, rotary)
        return self.pool(self.normed(x))
