"""Attention mechanisms by the names that model files have."""
from multipole.layer import MultipoleAttention2d
from multipole.models.fields import choose, read_fields
from multipole.models.full_attention import FullAttention
from multipole.operators import num_far_levels

FULL = {"qkv_bias": True, "proj_drop": 0.0, "causal": False, "qk_norm": False}
MULTIPOLE2D = {"cell": 4, "rank": 4, "variant": "linear", "summaries": "basis", "basis": "hierarchical", "hot": 0,
               "full_up_to": 0, "bias": True, "log_mass": True, "qkv_bias": True, "qk_norm": False, "proj_drop": 0.0,
               "far_gate": False, "max_levels": None, "reach": "grid"}


def make_full(config, embed_dim, num_heads, grid_size, where):
    return FullAttention(embed_dim, num_heads, **vars(read_fields(config, FULL, where)))


def make_multipole2d(config, embed_dim, num_heads, grid_size, where):
    fields = vars(read_fields(config, MULTIPOLE2D, where))
    nominal_levels = num_far_levels(grid_size, grid_size, fields["cell"])
    if fields["max_levels"] is None:
        fields["max_levels"] = nominal_levels
    reach = choose(fields.pop("reach"), {"grid": None, "nominal": nominal_levels}, f"{where}.reach")
    try:
        return MultipoleAttention2d(embed_dim, num_heads, **fields, seen_levels=reach)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error


ATTENTIONS = {"full": make_full, "multipole2d": make_multipole2d}


def make_attention(config, embed_dim, num_heads, grid_size, where):
    """grid_size: tokens along a side of the nominal picture, which parameters that depend on it are made for."""
    make = choose(config.get("type"), ATTENTIONS, f"{where}.type")
    return make({key: value for key, value in config.items() if key != "type"}, embed_dim, num_heads, grid_size, where)
