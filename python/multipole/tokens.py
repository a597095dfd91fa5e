"""Attention over the tokens of a vision transformer: a grid and, before it, prefix tokens (class, registers)."""
import torch
from torch.nn import functional as F

from multipole.operators import attention2d, averaging_basis2d, cluster2d, hot_tokens, num_far_levels, summarize2d

SUMMARIES = ("basis", "cluster")


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
    batch, heads, tokens, head_dim = q.shape
    if summaries not in SUMMARIES:
        raise ValueError(f"summaries must be one of {', '.join(SUMMARIES)}, got '{summaries}'")
    if num_prefix + height * width != tokens:
        raise ValueError(f"{tokens} tokens are not {num_prefix} prefix tokens and a grid of {height} x {width}")
    levels = num_far_levels(height, width, cell)
    if levels == 0:
        return F.scaled_dot_product_attention(q, k, v, scale=scale)

    def grid(t):
        return t[:, :, num_prefix:].transpose(1, 2).reshape(batch, height, width, heads, head_dim)

    def rows(t):  # (B, heads, E, head_dim) -> (B, E, heads, head_dim)
        return t.transpose(1, 2)

    grid_q, grid_k, grid_v = grid(q), grid(k), grid(v)
    extra_k, extra_v, mass = [], [], None
    if num_prefix > 0:
        extra_k.append(rows(k[:, :, :num_prefix]))
        extra_v.append(rows(v[:, :, :num_prefix]))
    if hot > 0:
        count = min(hot, height * width)
        places = hot_tokens(grid_q.detach(), grid_k.detach(), count, scale=scale)
        by_channel = places[..., None].expand(-1, -1, -1, head_dim) + num_prefix
        extra_k.append(rows(k.gather(2, by_channel)))
        extra_v.append(rows(v.gather(2, by_channel)))
        mass_type = q.dtype if q.dtype == torch.float64 else torch.float32
        mass = torch.ones(batch, heads, height * width, dtype=mass_type, device=q.device).scatter(2, places, 0)
        mass = mass.transpose(1, 2).reshape(batch, height, width, heads)
    k_far, v_far, far_mass = summarize_keys(grid_k, grid_v, levels, cell, rank, summaries, mass)
    out, _ = attention2d(grid_q, grid_k, grid_v, k_far, v_far, cell, scale=scale, token_mass=mass, far_mass=far_mass,
                         k_extra=torch.cat(extra_k, 1) if extra_k else None,
                         v_extra=torch.cat(extra_v, 1) if extra_v else None)
    out = out.flatten(1, 2).transpose(1, 2)
    if num_prefix == 0:
        return out
    return torch.cat([F.scaled_dot_product_attention(q[:, :, :num_prefix], k, v, scale=scale), out], 2)
