#!/usr/bin/env python3
"""Runs timm's models beside `multipole bench model` on this machine and prints the ratios.

    python3 -m venv peers && peers/bin/pip install torch torchvision timm
    peers/bin/python tools/compare_peers.py --multipole build/multipole
    peers/bin/python tools/compare_peers.py --imported vit_small_patch16_224 --feature-sizes    # needs huggingface_hub
    peers/bin/python tools/compare_peers.py --runtimes openvino onnxruntime    # needs openvino, onnxruntime and onnx
    peers/bin/python tools/compare_peers.py --busy 1 --feature-sizes           # beside one busy process

Weights are random: only speed is compared. Every figure is the fastest call after a warm-up, batch and threads alike on
both sides; beside busy processes it is the median call, and the share is that of the quiet median. In bfloat16 PyTorch's
peers hold their weights in bfloat16, which is the fastest way that they have, and OpenVINO is told to; ONNX Runtime has no
bfloat16 on CPUs. Ours run as `classify predict` does, float32 weights under mixed precision.
"""
import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time

import timm
import torch

from peer_runtimes import DTYPES, RUNTIMES

PEERS = ["swin_tiny_patch4_window7_224", "vit_small_patch16_224"]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--multipole", default="build/multipole", help="the command to measure")
    parser.add_argument("--preset", default="multipole_tiny")
    parser.add_argument("--imported", metavar="NAME",
                        help="in place of the preset and the peers: this timm model, imported, beside timm's own")
    parser.add_argument("--peers", nargs="+", default=PEERS, help="names of timm models")
    parser.add_argument("--runtimes", nargs="+", default=["torch"], choices=list(RUNTIMES), help="what runs the peers")
    parser.add_argument("--busy", type=int, default=0, metavar="N",
                        help="measure once quiet and once beside N processes that never pause")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--precisions", nargs="+", default=list(DTYPES), choices=list(DTYPES))
    parser.add_argument("--batch-size", type=int, default=8, help="of classification")
    parser.add_argument("--image-size", type=int, default=224, help="of classification")
    parser.add_argument("--feature-sizes", nargs="*", type=int, default=[1024, 2048],
                        help="sizes whose feature maps are computed, one picture at a time")
    parser.add_argument("--seconds", type=float, default=3, help="repeat each call for so long")
    parser.add_argument("--max-seconds", type=float, default=60, help="leave out what takes longer a call")
    return parser.parse_args()


def seconds_of_calls(call, seconds):
    """Seconds of each call after one to warm up; a first call that is long enough is the only one."""
    times = []
    deadline = float("inf")
    while not times or time.perf_counter() < deadline:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
        if len(times) == 1:
            if times[0] > 3 * seconds:
                return times
            deadline = time.perf_counter() + seconds
    return times[1:] or times


@contextlib.contextmanager
def busy_processes(count):
    """So many processes that never pause, while the body runs."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def peer_call(name, runtime, image_size, batch_size, features, precision, threads):
    options = {"features_only": True} if features else {}
    if not name.startswith("convnext"):  # a network of convolutions has no size of its own
        options["img_size"] = image_size
    model = timm.create_model(name, pretrained=False, **options).eval()
    return RUNTIMES[runtime](model, torch.randn(batch_size, 3, image_size, image_size), precision, threads)


def import_peer(arguments, folder):
    """The path of a model file of the timm model that --imported names."""
    from timm.models import save_for_hf

    save_for_hf(timm.create_model(arguments.imported, pretrained=False), f"{folder}/published", safe_serialization=True)
    path = f"{folder}/{arguments.imported}.safetensors"
    subprocess.run([arguments.multipole, "import", f"{folder}/published", "--out", path], check=True,
                   stdout=subprocess.DEVNULL)
    return path


def own_seconds(arguments, image_size, batch_size, features, precision, statistic):
    command = [arguments.multipole, "bench", "model", "--presets", arguments.preset, "--image-sizes", str(image_size),
               "--batch-sizes", str(batch_size), "--passes", "features" if features else "inference", "--precisions",
               precision, "--attentions", "fused", "--threads", str(arguments.threads), "--seconds",
               str(arguments.seconds), "--json", "-"]
    report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return report["rows"][0][f"seconds_{statistic}"]


def own_timer(arguments, *case):
    return lambda statistic: own_seconds(arguments, *case, statistic)


def peer_timer(arguments, name, runtime, *case):
    call = peer_call(name, runtime, *case, arguments.threads)
    pick = {"min": min, "median": statistics.median}
    return lambda statistic: pick[statistic](seconds_of_calls(call, arguments.seconds))


def measure(timer, busy):
    """Seconds a call, quiet, and the share of its speed that it keeps beside busy processes (None without any)."""
    if busy == 0:
        return timer("min"), None
    quiet = timer("median")
    with busy_processes(busy):
        return quiet, quiet / timer("median")


def main():
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.imported:
            arguments.preset, arguments.peers = import_peer(arguments, folder), [arguments.imported]
        compare(arguments)


def print_row(case, precision, name, batch_size, seconds, kept, own=None):
    columns = f"{case:24} {precision:9} {name:42} {batch_size / seconds:9.2f} {seconds * 1e3:9.1f}"
    columns += f" {seconds / own:7.2f}x" if own else " " * 9
    print(columns + (f" {kept:6.0%}" if kept is not None else ""), flush=True)


def compare(arguments):
    own_name = f"{arguments.imported}, imported" if arguments.imported else arguments.preset
    print(f"{arguments.threads} threads, torch {torch.__version__}, timm {timm.__version__}")
    print(f"{'case':24} {'precision':9} {'model':42} {'images/s':>9} {'ms':>9} {'ours is':>8}"
          + (f"  kept beside {arguments.busy} busy" if arguments.busy else ""))
    cases = [(arguments.image_size, arguments.batch_size, False)]
    cases += [(size, 1, True) for size in arguments.feature_sizes]
    too_slow = set()
    for image_size, batch_size, features in cases:
        name_of_case = f"{'features' if features else 'classify'} {image_size}, batch {batch_size}"
        for precision in arguments.precisions:
            case = (image_size, batch_size, features, precision)
            own, kept = measure(own_timer(arguments, *case), arguments.busy)
            print_row(name_of_case, precision, own_name, batch_size, own, kept)
            for name, runtime in [(name, runtime) for name in arguments.peers for runtime in arguments.runtimes]:
                label = f"{name}, {runtime}"
                if runtime == "onnxruntime" and precision != "float32":
                    continue
                if (label, precision) in too_slow:
                    print(f"{name_of_case:24} {precision:9} {label:42} left out: the size before took too long "
                          "(--max-seconds)")
                    continue
                peer, peer_kept = measure(peer_timer(arguments, name, runtime, *case), arguments.busy)
                print_row(name_of_case, precision, label, batch_size, peer, peer_kept, own)
                # the next size has about four times the pixels, full attention sixteen times the pairs
                if features and 4 * peer > arguments.max_seconds:
                    too_slow.add((label, precision))


if __name__ == "__main__":
    sys.exit(main())
