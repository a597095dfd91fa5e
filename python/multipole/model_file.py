"""Reading of this program's model files: safetensors with a description of the model."""
import json
import math
import pathlib

import torch

DTYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64,
          "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool}
KEY = "multipole"
FORMAT_VERSION = 1


def read_safetensors(path):
    """(tensors by name, metadata of strings). Raises ValueError that names the path."""
    size = pathlib.Path(path).stat().st_size
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        text = file.read(length) if length <= size - 8 else b""
    try:
        header = json.loads(text)
        metadata = header.pop("__metadata__", {})
        content = torch.from_file(str(path), shared=False, size=size, dtype=torch.uint8)[8 + length:]
        return {name: read_tensor(content, entry) for name, entry in header.items()}, metadata
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: not a safetensors file, or one that is cut off or damaged") from error


def read_tensor(content, entry):
    dtype, shape, (begin, end) = DTYPES[entry["dtype"]], entry["shape"], entry["data_offsets"]
    if not 0 <= begin <= end <= len(content) or end - begin != math.prod(shape) * dtype.itemsize:
        raise ValueError("a tensor lies outside of the file")
    return content[begin:end].clone().view(dtype).reshape(shape)  # a copy: the file may begin a tensor at any byte


def read_model_file(path):
    """(weights by name, description). Raises ValueError that names the path."""
    tensors, metadata = read_safetensors(path)
    if KEY not in metadata:
        raise ValueError(f"{path}: a safetensors file without the metadata '{KEY}': not a model of this program")
    try:
        description = json.loads(metadata[KEY])
        version = int(description.get("format_version", FORMAT_VERSION))
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: damaged model metadata") from error
    # the version first: a newer layout may lack what this reader asks for
    if version > FORMAT_VERSION:
        raise ValueError(f"{path}: written in model format {version}; this package reads up to {FORMAT_VERSION}")
    architecture = description.get("architecture")
    if not isinstance(architecture, dict) or \
            not all(isinstance(architecture.get(part), dict) for part in ("backbone", "head")):
        raise ValueError(f"{path}: damaged model metadata: no architecture of a backbone and a head")
    return tensors, description
