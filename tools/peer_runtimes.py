"""How compare_peers.py runs a PyTorch model: in PyTorch itself, in OpenVINO, in ONNX Runtime.

Each function takes the model in eval mode, float32, and its pictures, float32, and gives a call without arguments that
computes the answer. A runtime that is not installed is an ImportError.
"""
import os
import tempfile

import torch

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def in_torch(model, images, precision, threads):
    torch.set_num_threads(threads)
    model, images = model.to(DTYPES[precision]), images.to(DTYPES[precision])

    def call():
        with torch.inference_mode():
            model(images)
    return call


def in_openvino(model, images, precision, threads):
    import openvino

    converted = openvino.convert_model(model, example_input=images, input=[images.shape])
    hints = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": {"float32": "f32", "bfloat16": "bf16"}[precision],
             "PERFORMANCE_HINT": "LATENCY"}
    compiled = openvino.Core().compile_model(converted, "CPU", hints)
    request, pixels = compiled.create_infer_request(), images.numpy()
    return lambda: request.infer([pixels], share_inputs=True, share_outputs=True)


def in_onnxruntime(model, images, precision, threads):
    import onnxruntime

    if precision != "float32":
        raise ValueError("ONNX Runtime's CPU kernels know no bfloat16")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.onnx")
        torch.onnx.export(model, (images,), path, input_names=["images"], dynamo=False)
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    pixels = images.numpy()
    return lambda: session.run(None, {"images": pixels})


RUNTIMES = {"torch": in_torch, "openvino": in_openvino, "onnxruntime": in_onnxruntime}
