"""A folder as transformers publishes a DINOv2, small and of seeded random weights, written without any package."""
import array
import json
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools" / "pretrained"))
from safetensors_file import write_safetensors  # noqa: E402

WIDTH, DEPTH, HIDDEN, PATCH, IMAGE = 32, 2, 64, 8, 32


def write_published_folder(folder, labels=()):
    root = "dinov2." if labels else ""
    source = random.Random(7)
    tensors = {}

    def add(name, *shape, mean=0.0, deviation=0.2):
        count = 1
        for size in shape:
            count *= size
        tensors[root + name] = (shape, array.array("f", (source.gauss(mean, deviation) for _ in range(count))).tobytes())

    def add_layer(name, inputs, outputs):
        add(name + ".weight", outputs, inputs)
        add(name + ".bias", outputs)

    def add_norm(name):
        add(name + ".weight", WIDTH, mean=1.0)
        add(name + ".bias", WIDTH)

    add("embeddings.cls_token", 1, 1, WIDTH)
    add("embeddings.position_embeddings", 1, 1 + (IMAGE // PATCH) ** 2, WIDTH)
    add("embeddings.patch_embeddings.projection.weight", WIDTH, 3, PATCH, PATCH)
    add("embeddings.patch_embeddings.projection.bias", WIDTH)
    for block in range(DEPTH):
        name = f"encoder.layer.{block}."
        for layer in ("attention.attention.query", "attention.attention.key", "attention.attention.value",
                      "attention.output.dense"):
            add_layer(name + layer, WIDTH, WIDTH)
        add_layer(name + "mlp.fc1", WIDTH, HIDDEN)
        add_layer(name + "mlp.fc2", HIDDEN, WIDTH)
        for index in "12":
            add_norm(name + "norm" + index)
            add(name + f"layer_scale{index}.lambda1", WIDTH, mean=1.0)
    add_norm("layernorm")
    if labels:
        root = ""
        add_layer("classifier", 2 * WIDTH, len(labels))
    folder.mkdir()
    write_safetensors(folder / "model.safetensors", tensors)
    config = {"model_type": "dinov2", "hidden_size": WIDTH, "num_hidden_layers": DEPTH, "num_attention_heads": 2,
              "mlp_ratio": HIDDEN / WIDTH, "patch_size": PATCH, "image_size": IMAGE, "layer_norm_eps": 1e-6}
    if labels:
        config["id2label"] = dict(enumerate(labels))
    preprocessor = {"do_center_crop": True, "crop_size": {"height": IMAGE, "width": IMAGE},
                    "size": {"shortest_edge": IMAGE}, "resample": 3, "image_mean": [0.485, 0.456, 0.406],
                    "image_std": [0.229, 0.224, 0.225]}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor))
