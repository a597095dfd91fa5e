#!/usr/bin/env python3
"""Runs timm's models beside `multipole bench model` on this machine and prints the ratios.

    python3 -m venv peers && peers/bin/pip install torch torchvision timm
    peers/bin/python tools/compare_peers.py --multipole build/multipole
    peers/bin/python tools/compare_peers.py --imported vit_small_patch16_224 --feature-sizes    # needs huggingface_hub

Weights are random: only speed is compared. Every figure is the fastest call after a warm-up, batch and threads alike on
both sides. In bfloat16 the peers hold their weights in bfloat16, which is the fastest way that they have; ours run as
`classify predict` does, float32 weights under mixed precision.
"""
import argparse
import json
import subprocess
import sys
import tempfile
import time

import timm
import torch

PEERS = ["swin_tiny_patch4_window7_224", "vit_small_patch16_224"]
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--multipole", default="build/multipole", help="the command to measure")
    parser.add_argument("--preset", default="multipole_tiny")
    parser.add_argument("--imported", metavar="NAME",
                        help="in place of the preset and the peers: this timm model, imported, beside timm's own")
    parser.add_argument("--peers", nargs="+", default=PEERS, help="names of timm models")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--precisions", nargs="+", default=list(DTYPES), choices=list(DTYPES))
    parser.add_argument("--batch-size", type=int, default=8, help="of classification")
    parser.add_argument("--image-size", type=int, default=224, help="of classification")
    parser.add_argument("--feature-sizes", nargs="*", type=int, default=[1024, 2048],
                        help="sizes whose feature maps are computed, one picture at a time")
    parser.add_argument("--seconds", type=float, default=3, help="repeat each call for so long")
    parser.add_argument("--max-seconds", type=float, default=60, help="leave out what takes longer a call")
    return parser.parse_args()


def fastest(call, seconds):
    """Seconds of the fastest call after one to warm up; a first call that is long enough is the only one."""
    times = []
    deadline = float("inf")
    while not times or time.perf_counter() < deadline:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
        if len(times) == 1:
            if times[0] > 3 * seconds:
                return times[0]
            deadline = time.perf_counter() + seconds
    return min(times[1:] or times)


def peer_seconds(name, image_size, batch_size, features, precision, seconds):
    options = {"features_only": True} if features else {}
    model = timm.create_model(name, pretrained=False, img_size=image_size, **options)
    model = model.eval().to(DTYPES[precision])
    images = torch.randn(batch_size, 3, image_size, image_size, dtype=DTYPES[precision])
    with torch.inference_mode():
        return fastest(lambda: model(images), seconds)


def import_peer(arguments, folder):
    """The path of a model file of the timm model that --imported names."""
    from timm.models import save_for_hf

    save_for_hf(timm.create_model(arguments.imported, pretrained=False), f"{folder}/published", safe_serialization=True)
    path = f"{folder}/{arguments.imported}.safetensors"
    subprocess.run([arguments.multipole, "import", f"{folder}/published", "--out", path], check=True,
                   stdout=subprocess.DEVNULL)
    return path


def own_seconds(arguments, image_size, batch_size, features, precision):
    command = [arguments.multipole, "bench", "model", "--presets", arguments.preset, "--image-sizes", str(image_size),
               "--batch-sizes", str(batch_size), "--passes", "features" if features else "inference", "--precisions",
               precision, "--attentions", "fused", "--threads", str(arguments.threads), "--seconds",
               str(arguments.seconds), "--json", "-"]
    report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return report["rows"][0]["seconds_min"]


def main():
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.imported:
            arguments.preset, arguments.peers = import_peer(arguments, folder), [arguments.imported]
        compare(arguments)


def compare(arguments):
    own_name = f"{arguments.imported}, imported" if arguments.imported else arguments.preset
    torch.set_num_threads(arguments.threads)
    print(f"{arguments.threads} threads, torch {torch.__version__}, timm {timm.__version__}")
    print(f"{'case':28} {'precision':9} {'model':30} {'images/s':>9} {'ms':>9} {'ours is':>8}")
    cases = [(arguments.image_size, arguments.batch_size, False)]
    cases += [(size, 1, True) for size in arguments.feature_sizes]
    too_slow = set()
    for image_size, batch_size, features in cases:
        case = f"{'features' if features else 'classify'} {image_size}, batch {batch_size}"
        for precision in arguments.precisions:
            own = own_seconds(arguments, image_size, batch_size, features, precision)
            print(f"{case:28} {precision:9} {own_name:30} {batch_size / own:9.2f} {own * 1e3:9.1f}", flush=True)
            for name in arguments.peers:
                if (name, precision) in too_slow:
                    print(f"{case:28} {precision:9} {name:30} left out: the size before took too long (--max-seconds)")
                    continue
                peer = peer_seconds(name, image_size, batch_size, features, precision, arguments.seconds)
                print(f"{case:28} {precision:9} {name:30} {batch_size / peer:9.2f} {peer * 1e3:9.1f} "
                      f"{peer / own:7.2f}x", flush=True)
                # the next size has about four times the pixels, full attention sixteen times the pairs
                if features and 4 * peer > arguments.max_seconds:
                    too_slow.add((name, precision))


if __name__ == "__main__":
    sys.exit(main())
