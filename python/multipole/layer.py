"""Fast Multipole Attention as a layer, with the parameters that model files of this project have."""
import torch
from torch import nn

from multipole.operators import attention2d, averaging_basis2d, num_far_levels, summarize2d


class MultipoleAttention2d(nn.Module):
    """(B, H, W, embed_dim) -> (B, H, W, embed_dim), any H and W.

    max_levels: far levels with parameters of their own, num_far_levels() of the grid that it is trained at; further ones
                use those of the last
    variant:    "linear", O(n): queries of far levels are summarised too; "log-linear": they are not
    bias:       learned bias by relative position, near and far
    """

    def __init__(self, embed_dim, num_heads, max_levels, cell=4, rank=4, variant="linear", bias=True, qkv_bias=True):
        super().__init__()
        if embed_dim % num_heads:
            raise ValueError(f"embed_dim {embed_dim} must be a multiple of num_heads {num_heads}")
        if variant not in ("linear", "log-linear"):
            raise ValueError(f"variant must be 'linear' or 'log-linear', got '{variant}'")
        self.num_heads, self.cell, self.rank, self.max_levels = num_heads, cell, rank, max_levels
        self.num_summarised = 3 if variant == "linear" else 2
        self.qkv = nn.Linear(embed_dim, 3 * embed_dim, bias=qkv_bias)
        self.proj = nn.Linear(embed_dim, embed_dim)
        token_basis, merge_basis = averaging_basis2d(cell, rank, max_levels, self.num_summarised * embed_dim)
        if max_levels > 0:
            self.token_basis = nn.Parameter(token_basis)
        for level, merge in enumerate(merge_basis, 1):
            self.register_parameter(f"merge_basis_{level}", nn.Parameter(merge))
        self.bias = bias
        if bias:
            self.near_bias = nn.Parameter(nn.init.trunc_normal_(torch.empty(num_heads, 4 * cell - 1, 4 * cell - 1), std=0.02))
            for level in range(1, max_levels + 1):
                table = nn.init.trunc_normal_(torch.empty(num_heads, 7, 7), std=0.02)
                self.register_parameter(f"far_bias_{level}", nn.Parameter(table))

    def bases(self, levels, channels, like):
        token_basis, merge_basis = averaging_basis2d(self.cell, self.rank, levels, channels, dtype=like.dtype,
                                                     device=like.device)
        if self.max_levels > 0:
            token_basis = self.token_basis
        if self.max_levels > 1:
            merge_basis = [getattr(self, f"merge_basis_{min(level, self.max_levels - 1)}") for level in range(1, levels)]
        return token_basis, merge_basis

    def forward(self, x):
        batch, height, width, dim = x.shape
        heads, head_dim = self.num_heads, dim // self.num_heads
        levels = num_far_levels(height, width, self.cell)
        qkv = self.qkv(x)
        q, k, v = qkv.view(batch, height, width, 3, heads, head_dim).unbind(3)
        far, far_bias = [[] for _ in range(3)], None
        if levels > 0:
            summarised = qkv[..., (3 - self.num_summarised) * dim:]
            token_basis, merge_basis = self.bases(levels, summarised.shape[-1], qkv)
            for level in summarize2d(summarised, token_basis, merge_basis, self.cell):
                parts = level.unflatten(-1, (self.num_summarised, heads, head_dim)).unbind(-3)
                for of_kind, part in zip(far[3 - self.num_summarised:], parts):
                    of_kind.append(part)
            if self.bias and self.max_levels > 0:
                far_bias = [getattr(self, f"far_bias_{min(level, self.max_levels)}") for level in range(1, levels + 1)]
        out, _ = attention2d(q, k, v, far[1], far[2], self.cell, q_far=far[0] or None,
                             near_bias=self.near_bias if self.bias else None, far_bias=far_bias)
        return self.proj(out.flatten(3))
