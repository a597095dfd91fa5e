"""Multipole attention in place of full attention, in vision transformers of timm and transformers."""
import copy
import functools

from torch import nn

from multipole.operators import check_summaries
from multipole.swapped_timm import refuse_dropout, swapped_class
from multipole.tokens import SUMMARIES, multipole_attention

NAME = "multipole2d"  # of the attention in transformers' registry


class Grid:
    """How the tokens of the pass that runs now lie: set by the patch embedding, read by the attention."""

    def __init__(self):
        self.size = None  # (H, W)

    def take_from(self, module, args, embedded):
        """A forward hook of the convolution that embeds patches."""
        self.size = tuple(embedded.shape[-2:])

    def attend(self, q, k, v, scale, options):
        """q, k, v: (B, heads, tokens, head_dim)"""
        if self.size is None:
            raise RuntimeError("multipole: the attention runs before the patch embedding has said how its tokens lie")
        num_prefix = q.shape[2] - self.size[0] * self.size[1]
        if num_prefix < 0:
            raise RuntimeError(f"multipole: {q.shape[2]} tokens are fewer than a grid of {self.size[0]} x {self.size[1]}; "
                               "tokens that were dropped leave no grid")
        return multipole_attention(q, k, v, self.size, num_prefix=num_prefix, scale=scale, **options)


def swap_attention(model, *, cell=8, rank=None, hot=256, summaries="cluster"):
    """Puts multipole attention into every block of a ViT, in place; weights stay, and so does what it answers on grids
    of up to 2 x 2 cells (16 x 16 tokens with cells of 8). Above, far tokens are seen through summaries.

    model: a ViT of timm (ViT, DeiT, DeiT-3, DINOv2, CLIP, SigLIP; DINOv3 and what else timm builds as EVA) or of
           transformers (ViT, DeiT, DINOv2, with registers too, CLIP, SigLIP), or a module that holds one
    cell, rank, hot, summaries: as multipole_attention() takes them; rank is 16 unless it is given, and as many as a cell
           has tokens where that is fewer

    Returns `model`. Raises ValueError where it holds no such blocks, or some that cannot be swapped. Nothing is changed
    then.
    """
    rank = min(16, cell * cell) if rank is None else rank
    check_summaries(cell, rank)
    if hot < 0:
        raise ValueError(f"hot must be a number of tokens, got {hot}")
    if summaries not in SUMMARIES:
        raise ValueError(f"summaries must be one of {', '.join(SUMMARIES)}, got '{summaries}'")
    options = {"cell": cell, "rank": rank, "hot": hot, "summaries": summaries}
    modules = list(model.named_modules())
    embeddings = [module for name, module in modules if is_patch_embedding(name, module)]
    blocks = [(name, module, kind) for name, module in modules if (kind := attention_kind(module)) is not None]
    if not blocks:
        raise ValueError(f"swap_attention: {type(model).__name__} holds no attention of a vision transformer that is known "
                         "here (timm's ViTs and EVAs; transformers' ViT, DeiT, DINOv2, CLIP, SigLIP)")
    if len(embeddings) != 1:
        raise ValueError(f"swap_attention: {type(model).__name__} has {len(embeddings)} patch embeddings, where one says how "
                         "tokens lie; give the image tower alone")
    for name, module, _ in blocks:
        if getattr(module, "is_causal", False):
            raise ValueError(f"swap_attention: {name} is causal, and the order of a grid is not one")
    grid = Grid()
    embeddings[0].register_forward_hook(grid.take_from)
    for _, module, kind in blocks:
        kind(module, grid, options)
    return model


def is_patch_embedding(name, module):
    return isinstance(module, nn.Conv2d) and name.split(".")[-1] in ("proj", "projection", "patch_embedding") and \
        "embed" in name and module.kernel_size == module.stride


def attention_kind(module):
    """The function that swaps this module, None where it is no attention that is known."""
    package, name = type(module).__module__.split("."), type(module).__name__
    if package[0] == "timm" and name == "Attention" and isinstance(getattr(module, "qkv", None), nn.Linear):
        return swap_timm
    if package[0] == "timm" and name in ("EvaAttention", "AttentionRope"):
        return swap_timm
    if package[:2] == ["transformers", "models"] and package[2] in TRANSFORMERS and name == TRANSFORMERS[package[2]]:
        return swap_transformers
    return None


TRANSFORMERS = {"vit": "ViTAttention", "deit": "DeiTAttention", "dinov2": "Dinov2Attention",
                "dinov2_with_registers": "Dinov2WithRegistersAttention", "clip": "CLIPAttention",
                "siglip": "SiglipAttention"}


def swap_timm(module, grid, options):
    # a class and not a function of this module, so that copies of the model are complete
    module.__class__ = swapped_class(type(module))
    module.multipole = functools.partial(grid.attend, options=options)


def swap_transformers(module, grid, options):
    from transformers import AttentionInterface

    AttentionInterface.register(NAME, attend_in_transformers)
    # the registry is asked by the config's word, and configs are shared with modules that keep theirs
    module.config = copy.deepcopy(module.config)
    module.config._attn_implementation = NAME
    module.multipole = functools.partial(grid.attend, options=options)


def attend_in_transformers(module, q, k, v, attention_mask, scaling=None, dropout=0.0, **_):
    """What transformers' blocks call; returns (B, tokens, heads, head_dim) and no weights."""
    if attention_mask is not None:
        raise ValueError("multipole: attention masks are not supported by swapped attention")
    refuse_dropout(dropout)
    return module.multipole(q, k, v, scaling).transpose(1, 2).contiguous(), None
