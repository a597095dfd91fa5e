"""The forward passes of timm's attention modules with another mixing of tokens."""
import functools

import torch
from torch.nn import functional as F


def refuse_dropout(probability):
    if probability > 0:
        raise ValueError("multipole: swapped attention has no dropout of its weights; set it to 0 in the model's config, or "
                         "call model.eval()")


def turned(x, rope, half):
    """Rotary positions as timm has them: x (B, heads, tokens, head_dim), rope (..., tokens, 2 * head_dim), sines before
    cosines; pairs are neighbours, or the two halves of the channels."""
    sine, cosine = rope.chunk(2, -1)
    if half:
        first, second = x.chunk(2, -1)
        other = torch.cat([-second, first], -1)
    else:
        other = torch.stack([-x[..., 1::2], x[..., ::2]], -1).flatten(-2)
    return x * cosine + other * sine


class SwappedTimmAttention:
    """Goes before timm's Attention, EvaAttention or AttentionRope."""

    def forward(self, x, rope=None, attn_mask=None, is_causal=False):
        if attn_mask is not None or is_causal:
            raise ValueError("multipole: attention masks are not supported by swapped attention")
        refuse_dropout(self.attn_drop.p if self.training else 0)
        batch, tokens, _ = x.shape
        q, k, v = (part.unflatten(-1, (-1, self.head_dim)).transpose(1, 2) for part in self.projected(x))
        q, k = self.q_norm(q), self.k_norm(k)
        if rope is not None:
            prefix, half = self.num_prefix_tokens, getattr(self, "rotate_half", False)
            q, k = (torch.cat([t[:, :, :prefix], turned(t[:, :, prefix:], rope, half)], 2).type_as(v) for t in (q, k))
        if k.shape[1] < q.shape[1]:  # heads that share keys and values
            k, v = (t.repeat_interleave(q.shape[1] // t.shape[1], dim=1) for t in (k, v))
        mixed = self.multipole(q, k, v, self.scale)
        mixed = self.norm(mixed.transpose(1, 2).reshape(batch, tokens, -1))
        if getattr(self, "gate", None) is not None:
            mixed = mixed * self.gate(x).sigmoid()
        return self.proj_drop(self.proj(mixed))

    def projected(self, x):
        """Queries, keys and values, (B, tokens, heads * head_dim) each."""
        if self.qkv is None:  # a layer each
            return self.q_proj(x), self.k_proj(x), self.v_proj(x)
        if getattr(self, "q_bias", None) is None:
            return self.qkv(x).chunk(3, -1)
        return F.linear(x, self.qkv.weight, torch.cat([self.q_bias, self.k_bias, self.v_bias])).chunk(3, -1)


@functools.cache
def swapped_class(base):
    return type(f"Multipole{base.__name__}", (SwappedTimmAttention, base), {})
