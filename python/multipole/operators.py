"""The operators, with their defaults. Differentiable once; float64, float32, bfloat16 and float16; autocast and meta
tensors; torch.compile and torch.export see them as one operator each."""
import math

import torch


def num_far_levels(height, width, cell):
    """Far levels of an H x W grid with cells of cell x cell tokens; 0: the near field is everything."""
    cells = -(-max(height, width) // cell)
    return max(0, (cells - 1).bit_length() - 1)


def attention2d(q, k, v, k_far, v_far, cell, *, q_far=None, near_bias=None, far_bias=None, scale=None, k_extra=None,
                v_extra=None, token_mass=None, far_mass=None):
    """2D Fast Multipole Attention.

    q, k, v:          (B, H, W, heads, head_dim)
    k_far, v_far:     a list of num_far_levels(H, W, cell) tensors (B, Hl, Wl, rank, heads, head_dim), the finest first
    cell:             tokens along a side of a finest cell; the near field is 3 x 3 cells
    q_far:            summaries of the queries, for the linear variant, O(n); None: log-linear
    near_bias:        (heads, 4 cell - 1, 4 cell - 1), by token offset; far_bias: a list of (heads, 7, 7)
    scale:            of the products; head_dim ** -0.5 where None
    k_extra, v_extra: (B, E, heads, head_dim), keys that every query sees
    token_mass:       (B, H, W) or (B, H, W, heads) in [0, 1]: how much of a token counts; 0 takes it out
    far_mass:         a list of (B, Hl, Wl, rank, heads): logarithms of what summaries stand for

    Returns out (B, H, W, heads, head_dim) and lse (B, heads, H, W).
    """
    return torch.ops.multipole.attention2d(q, k, v, k_far, v_far, cell, q_far=q_far, near_bias=near_bias,
                                           far_bias=far_bias, scale=scale, k_extra=k_extra, v_extra=v_extra,
                                           token_mass=token_mass, far_mass=far_mass)


def summarize2d(x, token_basis, merge_basis, cell, *, token_mass=None):
    """The upward pass: summaries of every cell at every far level.

    x:           (B, H, W, C)
    token_basis: (rank, cell, cell, C); merge_basis: a list of (rank, 2, 2, rank, C), one a further level
    token_mass:  as attention2d takes it

    Returns a list of (B, Hl, Wl, rank, C), the finest level first.
    """
    return torch.ops.multipole.summarize2d(x, token_basis, merge_basis, cell, token_mass=token_mass)


def cluster2d(k, v, cell, rank, num_levels, *, token_mass=None, num_steps=4):
    """Summaries by content: in each cell and head `rank` clusters of the keys, found by Lloyd steps.

    k, v: (B, H, W, heads, head_dim). Returns what attention2d takes as k_far, v_far and far_mass. Differentiable with the
    clusters' members fixed.
    """
    return torch.ops.multipole.cluster2d(k, v, cell, rank, num_levels, token_mass=token_mass, num_steps=num_steps)


def hot_tokens(q, k, count, *, token_mass=None, scale=None):
    """The tokens that most attention goes to, judged by mean queries of at most 8 x 8 places: O(64 n).

    q, k: (B, H, W, heads, head_dim). Returns indices (B, heads, count) of tokens, row by row and ascending.
    """
    return torch.ops.multipole.hot_tokens2d(q, k, count, token_mass=token_mass, scale=scale)


def check_summaries(cell, rank):
    """Raises ValueError where a cell cannot be cut into sqrt(rank) x sqrt(rank) sub-cells."""
    if cell < 1 or math.isqrt(rank) ** 2 != rank or not 1 <= rank <= cell * cell:
        raise ValueError(f"rank must be a perfect square of at most cell * cell, got rank {rank} and cell {cell}")


def averaging_basis2d(cell, rank, levels, channels, *, dtype=None, device=None):
    """(token_basis, merge_basis) whose summaries are the means of a cell's sqrt(rank) x sqrt(rank) sub-cells."""
    check_summaries(cell, rank)
    side = math.isqrt(rank)
    token = torch.arange(cell)
    place = sum((token >= j * cell // side).long() for j in range(1, side)) + torch.zeros_like(token)

    def basis(places, counts, sizes):
        """Of means over a rectangle, which are products of means over its sides; entry i of an axis lies in places[i]."""
        axis = torch.nn.functional.one_hot(places, side).T * counts.double()
        axis = (axis / axis.sum(1, keepdim=True)).view(side, *sizes)
        # (summary, entries down, entries to the right): the two axes' sizes pair by pair
        both = torch.tensordot(axis, axis, dims=0)
        n = len(sizes)
        both = both.permute(0, n + 1, *(i + j for i in range(1, n + 1) for j in (0, n + 1)))
        return both.flatten(0, 1)

    def finished(weights):
        return weights[..., None].expand(*weights.shape, channels).to(
            dtype=dtype or torch.get_default_dtype(), device=device).contiguous()

    token_basis = finished(basis(place, torch.ones(cell), (cell,)))
    counts, merge_basis = place.bincount(minlength=side), []
    for _ in range(1, levels):
        children = counts.repeat(2)
        weights = basis(torch.arange(2 * side) // 2, children, (2, side))  # (rank, 2, 2, side, side)
        merge_basis.append(finished(weights.flatten(3)))
        counts = children.view(side, 2).sum(1)
    return token_basis, merge_basis
