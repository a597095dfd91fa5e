"""Fast Multipole Attention as a layer, with the parameters that model files of this project have."""
import math

import torch
from torch import nn

from multipole.direct_basis import DirectBasis
from multipole.hierarchical_basis import HierarchicalBasis
from multipole.operators import check_summaries, cluster2d, num_far_levels
from multipole.rotary import apply_rotary
from multipole.tokens import SUMMARIES, attend_sequence

BASES = {"hierarchical": HierarchicalBasis, "direct": DirectBasis}
VARIANTS = ("linear", "log-linear")


def require_choice(name, value, choices):
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got '{value}'")


class MultipoleAttention2d(nn.Module):
    """(B, H, W, embed_dim) -> (B, H, W, embed_dim), any H and W.

    max_levels: far levels with parameters of their own, num_far_levels() of the grid that it is trained at; further ones
                use those of the last
    variant:    "linear", O(n): queries of far levels are summarised too; "log-linear": they are not
    bias:       learned bias by relative position, near and far
    summaries:  "basis": by learned weights that start as means; "cluster": see cluster2d(), log-linear alone
    basis:      "hierarchical": a level's summaries are made of those of the level below; "direct": of the tokens
    hot:        tokens a head that every query sees one by one, see hot_tokens()
    full_up_to: grids of at most so many tokens are seen in full; 0 with a bias
    log_mass:   a summary counts as many keys as it has tokens; False: as one
    far_gate:   learned factors of each channel of far keys and values, and a far bias; all start as if not there
    qk_norm:    layer norm of each head's queries and keys
    proj_drop:  dropout after the output projection
    seen_levels: far levels that a token sees through at most, in grids that have more; None: all
    """

    def __init__(self, embed_dim, num_heads, max_levels, cell=4, rank=4, variant="linear", bias=True, qkv_bias=True, *,
                 summaries="basis", basis="hierarchical", hot=0, full_up_to=0, log_mass=True, qk_norm=False,
                 far_gate=False, proj_drop=0.0, seen_levels=None):
        super().__init__()
        if embed_dim % num_heads:
            raise ValueError(f"embed_dim {embed_dim} must be a multiple of num_heads {num_heads}")
        check_summaries(cell, rank)
        require_choice("variant", variant, VARIANTS)
        require_choice("summaries", summaries, SUMMARIES)
        require_choice("basis", basis, BASES)
        if summaries == "cluster" and (variant == "linear" or not log_mass):
            raise ValueError("summaries 'cluster' needs variant 'log-linear' and log_mass")
        if full_up_to > 0 and bias:
            raise ValueError(f"full_up_to must be 0 with a bias, got {full_up_to}")
        self.num_heads, self.cell, self.rank, self.max_levels = num_heads, cell, rank, max_levels
        self.is_linear, self.hot, self.full_up_to, self.log_mass = variant == "linear", hot, full_up_to, log_mass
        self.seen_levels = seen_levels
        self.qkv = nn.Linear(embed_dim, 3 * embed_dim, bias=qkv_bias)
        self.proj = nn.Linear(embed_dim, embed_dim)
        self.proj_drop = nn.Dropout(proj_drop)
        head_dim = embed_dim // num_heads
        self.q_norm = nn.LayerNorm(head_dim, 1e-6) if qk_norm else None
        self.k_norm = nn.LayerNorm(head_dim, 1e-6) if qk_norm else None
        self.summary_basis = None
        if summaries == "basis":
            channels = (3 if self.is_linear else 2) * embed_dim
            self.summary_basis = BASES[basis](cell, rank, max_levels, channels, self)
        self.bias, self.far_gate = bias, far_gate
        if bias:
            self.near_bias = nn.Parameter(nn.init.trunc_normal_(torch.empty(num_heads, 4 * cell - 1, 4 * cell - 1), std=0.02))
        for level in range(1, max_levels + 1):
            if bias or far_gate:
                table = torch.zeros(num_heads, 7, 7)
                self.register_parameter(f"far_bias_{level}",
                                        nn.Parameter(nn.init.trunc_normal_(table, std=0.02) if bias else table))
            if far_gate:
                for kind in ("key", "value"):
                    gate = nn.Parameter(torch.ones(num_heads, head_dim))
                    self.register_parameter(f"far_{kind}_gate_{level}", gate)

    def forward(self, x):
        return self.forward_sequence(x.flatten(1, 2), x.shape[1:3]).view(x.shape)

    def forward_sequence(self, x, grid_size, rotary=None):
        """The same for prefix tokens and a grid, (B, prefix + H W, embed_dim), grid_size (H, W). Prefix tokens see all
        tokens one by one, and are seen so. rotary: of the grid's queries and keys, see multipole.rotary"""
        height, width = grid_size
        q, k, v = self.qkv(x).unflatten(-1, (3, self.num_heads, -1)).unbind(2)
        if self.q_norm is not None:
            q, k = self.q_norm(q), self.k_norm(k)
        if rotary is not None:
            q, k = (apply_rotary(t.transpose(1, 2), rotary).transpose(1, 2) for t in (q, k))
        levels = 0 if height * width <= self.full_up_to else num_far_levels(height, width, self.cell)
        sees_all = levels == 0
        if self.seen_levels is not None:
            levels = min(levels, self.seen_levels)
        mixed = attend_sequence(q, k, v, (height, width), self.cell, levels, self.summarize, hot=self.hot, sees_all=sees_all,
                                near_bias=self.near_bias if self.bias else None, far_bias=self.far_bias(levels))
        return self.proj_drop(self.proj(mixed.flatten(2)))

    def summarize(self, q, k, v, levels, mass):
        """As attend_sequence() asks for it."""
        q_far, k_far, v_far, far_mass = self.summarize_all(q, k, v, levels, mass)
        return q_far, self.gated(k_far, "key"), self.gated(v_far, "value"), far_mass

    def gated(self, summaries, kind):
        if not self.far_gate or self.max_levels == 0:
            return summaries
        gates = [getattr(self, f"far_{kind}_gate_{min(level, self.max_levels)}") for level in range(1, len(summaries) + 1)]
        return [summary * gate.to(summary.dtype) for summary, gate in zip(summaries, gates)]

    def summarize_all(self, q, k, v, levels, mass):
        if self.summary_basis is None:
            return None, *cluster2d(k, v, self.cell, self.rank, levels, token_mass=mass)
        parts = [q, k, v] if self.is_linear else [k, v]
        if mass is not None:  # every token queries, whatever its mass
            mass = torch.cat(([torch.ones_like(mass)] if self.is_linear else []) + [mass, mass], 3)
        packed = torch.cat([part.flatten(3) for part in parts], 3)
        far = [level.unflatten(-1, (len(parts), self.num_heads, -1)).unbind(-3)
               for level in self.summary_basis.summarize(self, packed, levels, mass)]
        of_kind = [list(kind) for kind in zip(*far)]
        return of_kind[0] if self.is_linear else None, of_kind[-2], of_kind[-1], None

    def far_bias(self, levels):
        has_tables = (self.bias or self.far_gate) and self.max_levels > 0
        if levels == 0 or (self.log_mass and not has_tables):
            return None
        if has_tables:
            tables = [getattr(self, f"far_bias_{min(level, self.max_levels)}") for level in range(1, levels + 1)]
        else:
            tables = [self.qkv.weight.new_zeros(self.num_heads, 7, 7)] * levels
        if self.log_mass:
            return tables
        # the operator adds the logarithm of a summary's tokens to its score
        mass = self.cell * self.cell / self.rank
        return [table - math.log(mass * 4**i) for i, table in enumerate(tables)]
