"""Full softmax attention: every token sees every token."""
from torch import nn
from torch.nn import functional as F

from multipole.rotary import apply_rotary


class FullAttention(nn.Module):
    def __init__(self, embed_dim, num_heads, qkv_bias=True, proj_drop=0.0, causal=False, qk_norm=False):
        super().__init__()
        self.num_heads, self.causal = num_heads, causal
        self.qkv = nn.Linear(embed_dim, 3 * embed_dim, bias=qkv_bias)
        self.proj = nn.Linear(embed_dim, embed_dim)
        self.proj_drop = nn.Dropout(proj_drop)
        head_dim = embed_dim // num_heads
        self.q_norm = nn.LayerNorm(head_dim, 1e-6) if qk_norm else None
        self.k_norm = nn.LayerNorm(head_dim, 1e-6) if qk_norm else None

    def forward_sequence(self, x, grid_size, rotary=None):
        """As MultipoleAttention2d's."""
        q, k, v = self.qkv(x).unflatten(-1, (3, self.num_heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        if self.q_norm is not None:
            q, k = self.q_norm(q), self.k_norm(k)
        if rotary is not None:
            q, k = apply_rotary(q, rotary), apply_rotary(k, rotary)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        return self.proj_drop(self.proj(mixed.transpose(1, 2).flatten(2)))
