"""The classifiers of this project in plain PyTorch: one definition, no compiled operator, weights from any model file.

    from multipole_mirror import load
    model, metadata = load("models/multipole_nano_cifar10.safetensors")
    logits = model(images)          # (B, 3, H, W) floats, normalised as metadata["preprocessing"] says

The program divides logits by metadata["training"]["calibration"]["temperature"], where a model has one, before softmax.

Parameters have the names that model files use, so `model.state_dict()` saved as safetensors goes back into the program
with `--init`. Attention here is dense, O(n^2) with masks: right by inspection, for small pictures. Only the mechanism
`multipole2d`, convolutional embeddings with a norm after every stage, and the classification head with average pooling are
mirrored; anything else is an error, a key of the backbone that this file does not know too.
"""
import json
import math
import struct

import torch
from torch import nn
from torch.nn import functional as F

DTYPES = {"F32": torch.float32, "F64": torch.float64, "BF16": torch.bfloat16, "F16": torch.float16, "I64": torch.int64}


def read_safetensors(path):
    """(tensors by name, metadata of strings)"""
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = torch.frombuffer(bytearray(data[begin:end]), dtype=DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors, metadata


def num_far_levels(side, cell):
    return max(0, math.ceil(math.log2(-(-side // cell))) - 1)


def subcells(tokens, cell, s):
    """The sub-cell of every token of an axis, at level 1, counted over the axis."""
    token = torch.arange(tokens)
    place = sum((token % cell >= j * cell // s).long() for j in range(1, s))
    return token // cell * s + place


def pad_to(grid, multiple):
    """(B, H, W, ...) padded with zeros below and on the right."""
    down, right = -grid.shape[1] % multiple, -grid.shape[2] % multiple
    return F.pad(grid, [0, 0] * (grid.dim() - 3) + [0, right, 0, down])


def by_offset(table, query_y, query_x, key_y, key_x):
    """A bias table (heads, side, side) at the offsets key - query: (heads, queries, keys)"""
    middle = table.shape[1] // 2
    y = (key_y[None] - query_y[:, None] + middle).clamp(0, 2 * middle)
    x = (key_x[None] - query_x[:, None] + middle).clamp(0, 2 * middle)
    return table[:, y, x]


class MultipoleAttention(nn.Module):
    def __init__(self, dim, heads, levels, cell=4, rank=4, variant="linear", bias=True, log_mass=True, qkv_bias=True,
                 basis="hierarchical", summaries="basis", hot=0, full_up_to=0, qk_norm=False,
                 far_gate=False, **_):
        super().__init__()
        if basis != "hierarchical":
            raise ValueError(f"the mirror has no basis '{basis}', only 'hierarchical'")
        if summaries != "basis" or hot or full_up_to or qk_norm or far_gate:
            raise ValueError("the mirror has no clusters, hot tokens, full attention on small grids, gates, or norms of "
                             "queries")
        self.heads, self.cell, self.rank, self.linear = heads, cell, rank, variant == "linear"
        self.qkv, self.proj = nn.Linear(dim, 3 * dim, qkv_bias), nn.Linear(dim, dim)
        channels = (3 if self.linear else 2) * dim
        self.levels, self.bias, self.log_mass = levels, bias, log_mass
        if levels:
            self.token_basis = nn.Parameter(torch.zeros(rank, cell, cell, channels))
        for level in range(1, levels):
            self.register_parameter(f"merge_basis_{level}", nn.Parameter(torch.zeros(rank, 2, 2, rank, channels)))
        if bias:
            self.near_bias = nn.Parameter(torch.zeros(heads, 4 * cell - 1, 4 * cell - 1))
            for level in range(1, levels + 1):
                self.register_parameter(f"far_bias_{level}", nn.Parameter(torch.zeros(heads, 7, 7)))

    def counts(self, height, width, level):
        """Tokens of each sub-cell of a level that are in the grid, and in a grid without end: (Hl, Wl, rank) each."""
        s, side = math.isqrt(self.rank), self.cell << (level - 1)
        rows, columns = -(-height // side), -(-width // side)

        def count(cells, tokens):
            return torch.bincount(subcells(tokens, self.cell, s) >> (level - 1), minlength=cells * s)

        def by_cell(y, x):
            return torch.outer(y, x).view(rows, s, columns, s).permute(0, 2, 1, 3).reshape(rows, columns, self.rank)

        return (by_cell(count(rows, height), count(columns, width)),
                by_cell(count(rows, rows * side), count(columns, columns * side)))

    def basis(self, level, channels):
        """Of a level's summaries: further levels than the model has use the last one's, and without any, means."""
        name = "token_basis" if level == 1 else f"merge_basis_{min(level, self.levels) - 1}"
        s = math.isqrt(self.rank)
        if level > self.levels and self.cell % s:
            raise ValueError("sub-cells of several sizes: the mirror has no means for them")
        if hasattr(self, name):
            return getattr(self, name)
        parts = self.cell if level == 1 else 2 * s  # tokens, or sub-cells of the level below, along a cell's side
        axis = (torch.arange(parts) // (parts // s) == torch.arange(s)[:, None]).float() * s / parts
        if level == 1:
            return torch.einsum("pi,qj->pqij", axis, axis).flatten(0, 1)[..., None].expand(-1, -1, -1, channels)
        axis = axis.view(s, 2, s)
        basis = torch.einsum("pia,qjb->pqijab", axis, axis).reshape(self.rank, 2, 2, self.rank, 1)
        return basis.expand(-1, -1, -1, -1, channels)

    def summaries(self, x, levels):
        """Summaries of (B, H, W, C) at each level: (B, Hl, Wl, rank, C), cells at the border scaled to their tokens."""
        padded = pad_to(x, self.cell)
        b, rows, columns = x.shape[0], padded.shape[1] // self.cell, padded.shape[2] // self.cell
        grid = padded.view(b, rows, self.cell, columns, self.cell, -1)
        raw = torch.einsum("byixjc,pijc->byxpc", grid, self.basis(1, x.shape[-1]))
        result = []
        for level in range(1, levels + 1):
            if level > 1:
                pairs = pad_to(raw, 2)
                grid = pairs.view(b, pairs.shape[1] // 2, 2, pairs.shape[2] // 2, 2, self.rank, -1)
                raw = torch.einsum("byixjqc,pijqc->byxpc", grid, self.basis(level, x.shape[-1]))
            inside, full = self.counts(x.shape[1], x.shape[2], level)
            scale = torch.where(inside > 0, full / inside.clamp(min=1), 0.0)
            result.append(raw * scale[..., None])
        return result

    def forward(self, x):
        b, height, width, dim = x.shape
        heads, cell, s = self.heads, self.cell, math.isqrt(self.rank)
        levels = num_far_levels(max(height, width), cell)
        qkv = self.qkv(x)

        def split(t):  # (B, ..., dim) -> (B, heads, tokens, head_dim)
            return t.reshape(b, -1, heads, dim // heads).transpose(1, 2)

        q, k, v = (split(part) for part in qkv.chunk(3, -1))
        q = q / math.sqrt(dim // heads)
        y, x_ = torch.arange(height).repeat_interleave(width), torch.arange(width).repeat(height)

        def near(qy, qx, ky, kx):
            return ((qy[:, None] - ky[None]).abs() <= 1) & ((qx[:, None] - kx[None]).abs() <= 1)

        score = q @ k.transpose(-1, -2)
        if self.bias:
            score = score + by_offset(self.near_bias, y, x_, y, x_)
        scores = [score.masked_fill(~near(y // cell, x_ // cell, y // cell, x_ // cell), -math.inf)]
        values = [v]
        far = self.summaries(qkv if self.linear else qkv[..., dim:], levels) if levels else []
        for level, summary in enumerate(far, 1):
            side, rows, columns = cell << (level - 1), summary.shape[1], summary.shape[2]
            parts = summary.chunk(3 if self.linear else 2, -1)
            query = q
            if self.linear:  # a token asks with the summary of its own sub-cell
                sy, sx = subcells(height, cell, s) >> (level - 1), subcells(width, cell, s) >> (level - 1)
                sy, sx = sy.repeat_interleave(width), sx.repeat(height)
                query = split(parts[0][:, sy // s, sx // s, sy % s * s + sx % s]) / math.sqrt(dim // heads)
            ky, kx = torch.arange(rows).repeat_interleave(columns), torch.arange(columns).repeat(rows)
            qy, qx = y // side, x_ // side
            mass = self.counts(height, width, level)[0].flatten()
            score = query @ split(parts[-2]).transpose(-1, -2) + mass.clamp(min=1).to(q.dtype).log()
            if not self.log_mass:
                score = score - math.log(side * side / self.rank)
            if self.bias and self.levels:
                table = getattr(self, f"far_bias_{min(level, self.levels)}")
                score = score + by_offset(table, qy, qx, ky, kx).repeat_interleave(self.rank, -1)
            seen = near(qy // 2, qx // 2, ky // 2, kx // 2) & ~near(qy, qx, ky, kx)
            seen = seen.repeat_interleave(self.rank, 1) & (mass > 0)
            scores.append(score.masked_fill(~seen, -math.inf))
            values.append(split(parts[-1]))
        out = torch.cat(scores, -1).softmax(-1) @ torch.cat(values, 2)
        return self.proj(out.transpose(1, 2).reshape(b, height, width, dim))


class TokenConv(nn.Conv2d):
    """3 x 3 convolution on (B, H, W, C)."""

    def __init__(self, inputs, outputs, stride=1, groups=1):
        super().__init__(inputs, outputs, 3, stride, 1, groups=groups)

    def forward(self, x):
        return super().forward(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


class Block(nn.Module):
    def __init__(self, config, stage, attention):
        super().__init__()
        dim, eps = config["embed_dims"][stage], config["norm_eps"]
        stride = config["stem_stride"] << stage
        levels = attention["max_levels"]
        if levels is None:
            levels = num_far_levels(-(-config["image_size"] // stride), attention.get("cell", 4))
        self.position_conv = nn.ModuleDict({"conv": TokenConv(dim, dim, groups=dim)}) if config["position_conv"] else None
        self.norm1, self.norm2 = nn.LayerNorm(dim, eps), nn.LayerNorm(dim, eps)
        self.attention = MultipoleAttention(dim, config["num_heads"][stage], levels=levels, **attention)
        hidden = round(dim * config["mlp_ratio"])
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(dim, hidden), "fc2": nn.Linear(hidden, dim)})
        for name in ("layer_scale1", "layer_scale2"):
            scale = nn.ParameterDict({"gamma": nn.Parameter(torch.ones(dim))}) if config["layer_scale_init"] > 0 else None
            setattr(self, name, scale)

    def forward(self, x):
        def scaled(branch, scale):
            return branch * scale["gamma"] if scale is not None else branch

        if self.position_conv is not None:
            x = x + self.position_conv["conv"](x)
        x = x + scaled(self.attention(self.norm1(x)), self.layer_scale1)
        return x + scaled(self.mlp["fc2"](F.gelu(self.mlp["fc1"](self.norm2(x)))), self.layer_scale2)


class Stage(nn.Module):
    def __init__(self, config, stage, attention):
        super().__init__()
        dims = config["embed_dims"]
        self.downsample = TokenConv(dims[stage - 1], dims[stage], 2) if stage else None
        self.blocks = nn.ModuleList(Block(config, stage, attention) for _ in range(config["depths"][stage]))
        self.norm = nn.LayerNorm(dims[stage], config["norm_eps"])

    def forward(self, x):
        x = self.downsample(x) if self.downsample is not None else x
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


# Keys of a backbone that are mirrored, and those of which one value is.
MIRRORED = {"in_channels", "image_size", "stem_stride", "embed_dims", "depths", "num_heads", "mlp_ratio", "drop_path_rate",
            "layer_scale_init", "position_conv", "norm_eps", "attention", "stage_attention"}
ONLY = {"family": "pyramid", "embedding": "convolutional", "mlp_conv": False, "mlp_kernels": [], "stage_norms": True}


def require_mirrored(config):
    for key, value in config.items():
        if key in ONLY and value != ONLY[key]:
            raise ValueError(f"the mirror has no backbone with {key} {value!r}, only {ONLY[key]!r}")
        if key not in MIRRORED and key not in ONLY:
            raise ValueError(f"the mirror does not know '{key}' of the backbone")


class Backbone(nn.Module):
    def __init__(self, config):
        super().__init__()
        require_mirrored(config)
        dim, stride, eps = config["embed_dims"][0], config["stem_stride"], config["norm_eps"]
        hidden = (dim + 1) // 2
        self.stem = nn.ModuleDict({"conv1": TokenConv(config["in_channels"], hidden, 2 if stride > 1 else 1),
                                   "norm1": nn.LayerNorm(hidden, eps),
                                   "conv2": TokenConv(hidden, dim, 2 if stride > 2 else 1),
                                   "norm2": nn.LayerNorm(dim, eps)})
        overrides = config["stage_attention"] or [{}] * 4
        attention = [{"max_levels": None, **config["attention"], **override} for override in overrides]
        for entry in attention:
            if entry.pop("type") != "multipole2d":
                raise ValueError("only the mechanism multipole2d is mirrored")
        self.stages = nn.ModuleList(Stage(config, i, attention[i]) for i in range(4))

    def forward(self, images):
        stem = self.stem
        x = stem["norm1"](stem["conv1"](images.permute(0, 2, 3, 1)))
        x = stem["norm2"](stem["conv2"](F.gelu(x)))
        for stage in self.stages:
            x = stage(x)
        return x


class Classifier(nn.Module):
    def __init__(self, architecture):
        super().__init__()
        head, dim = architecture["head"], architecture["backbone"]["embed_dims"][-1]
        if head["type"] != "classification" or head["pooling"] != "average":
            raise ValueError("only the classification head with average pooling is mirrored")
        self.backbone = Backbone(architecture["backbone"])
        layers = {"norm": nn.LayerNorm(dim)} if head["norm"] else {}
        self.head = nn.ModuleDict({**layers, "linear": nn.Linear(dim, architecture["num_classes"])})

    def forward(self, images):
        pooled = self.backbone(images).mean((1, 2))
        return self.head["linear"](self.head["norm"](pooled) if "norm" in self.head else pooled)


def load(path):
    """(model in evaluation mode, metadata) of a model file; every weight must fit."""
    tensors, metadata = read_safetensors(path)
    metadata = json.loads(metadata["multipole"])
    model = Classifier(metadata["architecture"])
    model.load_state_dict({name: tensor.float() for name, tensor in tensors.items()}, strict=True)
    return model.eval(), metadata
