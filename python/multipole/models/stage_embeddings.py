"""What makes the tokens of a pyramid's stage, by the names that model files have."""
from multipole.models.overlapping_embedding import OverlappingEmbedding
from multipole.models.patch_merging import PatchMerging
from multipole.models.patch_stem import PatchStem
from multipole.models.stem import Stem
from multipole.models.token_conv import TokenConv


def make_convolutional(config, stage):
    if stage == 0:
        return Stem(config.in_channels, config.embed_dims[0], config.stem_stride, config.norm_eps)
    return TokenConv(config.embed_dims[stage - 1], config.embed_dims[stage], stride=2)


def make_overlapping(config, stage):
    if stage == 0:
        return OverlappingEmbedding(config.in_channels, config.embed_dims[0], 7, config.stem_stride, config.norm_eps)
    return OverlappingEmbedding(config.embed_dims[stage - 1], config.embed_dims[stage], 3, 2, config.norm_eps)


def make_patches(config, stage):
    if stage == 0:
        return PatchStem(config.in_channels, config.embed_dims[0], config.stem_stride, config.norm_eps)
    return PatchMerging(config.embed_dims[stage - 1], config.embed_dims[stage], config.norm_eps)


EMBEDDINGS = {"convolutional": make_convolutional, "overlapping": make_overlapping, "patches": make_patches}
