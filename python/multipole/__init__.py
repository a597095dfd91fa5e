"""Fast Multipole Attention in PyTorch, with the compiled operators of this project.

    import multipole
    out, lse = multipole.attention2d(q, k, v, k_far, v_far, cell)        # the operator
    layer = multipole.MultipoleAttention2d(embed_dim=384, num_heads=6)   # a layer on (B, H, W, C)
    multipole.swap_attention(model, cell=8, rank=16, hot=256)            # inside a ViT of timm or transformers
    model = multipole.load("model.safetensors")                          # a model that the program wrote

Every query attends to near tokens one by one and to far ones through summaries that coarsen with distance, in one
softmax (Kang, Tran, De Sterck, arXiv 2310.11960).
"""
from multipole._library import load_library

load_library()

from multipole.layer import MultipoleAttention2d  # noqa: E402
from multipole.loading import load  # noqa: E402
from multipole.operators import (attention2d, averaging_basis2d, cluster2d, hot_tokens, num_far_levels,  # noqa: E402
                                 summarize2d)
from multipole.swap import swap_attention  # noqa: E402
from multipole.tokens import multipole_attention  # noqa: E402

__all__ = ["MultipoleAttention2d", "attention2d", "averaging_basis2d", "cluster2d", "hot_tokens", "load",
           "multipole_attention", "num_far_levels", "summarize2d", "swap_attention"]
