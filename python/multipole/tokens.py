"""Attention over the tokens of a vision transformer: a grid and, before it, prefix tokens (class, registers)."""
import torch
from torch.nn import functional as F

from multipole.operators import attention2d, averaging_basis2d, num_far_levels, summarize2d

POOLED_QUERIES = 8  # along each side


def hot_tokens(q, k, count, *, scale=None):
    """The tokens that most attention goes to, judged by mean queries of at most 8 x 8 places: O(64 n).

    q, k: (B, H, W, heads, head_dim). Returns indices (B, heads, count) of tokens, row by row and ascending.
    """
    batch, height, width, heads, head_dim = q.shape
    places = (min(POOLED_QUERIES, height), min(POOLED_QUERIES, width))
    pooled = F.adaptive_avg_pool2d(q.permute(0, 3, 4, 1, 2).flatten(0, 1), places)  # (B heads, head_dim, ...)
    keys = k.flatten(1, 2).permute(0, 2, 3, 1).flatten(0, 1)  # (B heads, head_dim, n)
    scores = pooled.flatten(2).transpose(1, 2) @ keys * (head_dim ** -0.5 if scale is None else scale)
    weights = scores.float().softmax(-1).mean(1)
    # sorted by place, so that the order of a sum does not depend on ties
    return weights.topk(count).indices.sort().values.view(batch, heads, count)


def multipole_attention(q, k, v, grid_size, *, num_prefix=0, cell=8, rank=4, hot=0, scale=None):
    """Attention of all tokens to all tokens, whose far part is seen through summaries that are means.

    q, k, v:    (B, heads, num_prefix + H W, head_dim)
    grid_size:  (H, W)
    cell, rank: near tokens are those of the 3 x 3 cells around; a far cell has `rank` summaries
    hot:        tokens a head that every query sees one by one, see hot_tokens()

    Queries of the grid see prefix tokens, hot tokens and near tokens one by one and the rest through summaries, in one
    softmax; prefix queries see all tokens one by one. Where the grid has no far level it is full attention.
    Returns (B, heads, num_prefix + H W, head_dim).
    """
    height, width = grid_size
    batch, heads, tokens, head_dim = q.shape
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
    both = torch.cat([grid_k, grid_v], -1).flatten(3)  # a head's keys and values side by side: one mass for both
    token_basis, merge_basis = averaging_basis2d(cell, rank, levels, both.shape[-1], dtype=q.dtype, device=q.device)
    summaries = summarize2d(both, token_basis, merge_basis, cell, token_mass=mass)
    far = [level.unflatten(-1, (heads, 2, head_dim)).unbind(-2) for level in summaries]
    out, _ = attention2d(grid_q, grid_k, grid_v, [level[0] for level in far], [level[1] for level in far], cell,
                         scale=scale, k_extra=torch.cat(extra_k, 1) if extra_k else None,
                         v_extra=torch.cat(extra_v, 1) if extra_v else None, token_mass=mass)
    out = out.flatten(1, 2).transpose(1, 2)
    if num_prefix == 0:
        return out
    return torch.cat([F.scaled_dot_product_attention(q[:, :, :num_prefix], k, v, scale=scale), out], 2)
