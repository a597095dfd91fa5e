"""Attention over the tokens of a vision transformer: a grid and, before it, prefix tokens (class, registers)."""
import torch
from torch.nn import functional as F

from multipole.operators import attention2d, averaging_basis2d, cluster2d, hot_tokens, num_far_levels, summarize2d

SUMMARIES = ("basis", "cluster")


def attend_to_all(q, k, v, scale=None):
    """q, k, v: (B, tokens, heads, head_dim)"""
    q, k, v = (t.transpose(1, 2) for t in (q, k, v))
    return F.scaled_dot_product_attention(q, k, v, scale=scale).transpose(1, 2)


def take_hot_tokens(q, k, v, count, scale=None):
    """k_extra, v_extra and token_mass of attention2d, for q, k and v (B, H, W, heads, head_dim)."""
    batch, height, width, heads, head_dim = k.shape
    places = hot_tokens(q.detach(), k.detach(), min(count, height * width), scale=scale).transpose(1, 2)
    by_channel = places[..., None].expand(-1, -1, -1, head_dim)
    k_extra, v_extra = (t.flatten(1, 2).gather(1, by_channel) for t in (k, v))
    mass_type = q.dtype if q.dtype == torch.float64 else torch.float32
    mass = torch.ones(batch, height * width, heads, dtype=mass_type, device=q.device).scatter(1, places, 0)
    return k_extra, v_extra, mass.unflatten(1, (height, width))


def attend_sequence(q, k, v, grid_size, cell, levels, summarize, *, hot=0, scale=None, near_bias=None, far_bias=None,
                    sees_all=None):
    """Attention of prefix tokens and a grid, q, k, v (B, prefix + H W, heads, head_dim), with what the grid has of far
    levels, hot tokens and biases; summarize(q, k, v, levels, mass) gives q_far, k_far, v_far and far_mass. sees_all:
    whether the near field is the grid, as without levels; False where those of a larger grid are left out."""
    if sees_all is None:
        sees_all = levels == 0
    if sees_all and near_bias is None:
        return attend_to_all(q, k, v, scale)
    num_prefix = q.shape[1] - grid_size[0] * grid_size[1]
    grid_q, grid_k, grid_v = (t[:, num_prefix:].unflatten(1, grid_size) for t in (q, k, v))
    k_extra, v_extra, mass = k[:, :num_prefix], v[:, :num_prefix], None
    if hot > 0 and not sees_all:
        hot_k, hot_v, mass = take_hot_tokens(grid_q, grid_k, grid_v, hot, scale)
        k_extra, v_extra = torch.cat([k_extra, hot_k], 1), torch.cat([v_extra, hot_v], 1)
    extra = {"k_extra": k_extra, "v_extra": v_extra} if k_extra.shape[1] > 0 else {}
    q_far, k_far, v_far, far_mass = None, [], [], None
    if levels > 0:
        q_far, k_far, v_far, far_mass = summarize(grid_q, grid_k, grid_v, levels, mass)
    out, _ = attention2d(grid_q, grid_k, grid_v, k_far, v_far, cell, q_far=q_far, near_bias=near_bias,
                         far_bias=far_bias, scale=scale, token_mass=mass, far_mass=far_mass, **extra)
    out = out.flatten(1, 2)
    if num_prefix == 0:
        return out
    return torch.cat([attend_to_all(q[:, :num_prefix], k, v, scale), out], 1)


def summarize_keys(k, v, levels, cell, rank, summaries, mass):
    """k_far, v_far and far_mass of attention2d, for k and v (B, H, W, heads, head_dim)."""
    if summaries == "cluster":
        return cluster2d(k, v, cell, rank, levels, token_mass=mass)
    heads, head_dim = k.shape[-2:]
    both = torch.cat([k, v], -1).flatten(3)  # a head's keys and values side by side: one mass for both
    token_basis, merge_basis = averaging_basis2d(cell, rank, levels, both.shape[-1], dtype=k.dtype, device=k.device)
    far = [level.unflatten(-1, (heads, 2, head_dim)).unbind(-2)
           for level in summarize2d(both, token_basis, merge_basis, cell, token_mass=mass)]
    return [level[0] for level in far], [level[1] for level in far], None


def multipole_attention(q, k, v, grid_size, *, num_prefix=0, cell=8, rank=4, hot=0, summaries="basis",
                        scale=None):
    """Attention of all tokens to all tokens, whose far part is seen through summaries.

    q, k, v:    (B, heads, num_prefix + H W, head_dim)
    grid_size:  (H, W)
    cell, rank: near tokens are those of the 3 x 3 cells around; a far cell has `rank` summaries
    hot:        tokens a head that every query sees one by one, see hot_tokens()
    summaries:  "basis": means of sub-cells; "cluster": of clusters of the keys, see cluster2d(): nearer, and a little slower

    Queries of the grid see prefix tokens, hot tokens and near tokens one by one and the rest through summaries, in one
    softmax; prefix queries see all tokens one by one. Where the grid has no far level it is full attention.
    Returns (B, heads, num_prefix + H W, head_dim).
    """
    height, width = grid_size
    if summaries not in SUMMARIES:
        raise ValueError(f"summaries must be one of {', '.join(SUMMARIES)}, got '{summaries}'")
    if num_prefix + height * width != q.shape[2]:
        raise ValueError(f"{q.shape[2]} tokens are not {num_prefix} prefix tokens and a grid of {height} x {width}")

    def summarize(grid_q, grid_k, grid_v, levels, mass):
        return None, *summarize_keys(grid_k, grid_v, levels, cell, rank, summaries, mass)

    q, k, v = (t.transpose(1, 2) for t in (q, k, v))
    return attend_sequence(q, k, v, (height, width), cell, num_far_levels(height, width, cell), summarize, hot=hot,
                           scale=scale).transpose(1, 2)
