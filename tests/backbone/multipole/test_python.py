"""The op library as Python users load it: values of a golden file, gradients, shapes without data.

Usage: python test_python.py LIBRARY GOLDEN_FOLDER
"""
import json
import pathlib
import struct
import sys
import unittest

import torch

LIBRARY, GOLDEN = sys.argv[1], pathlib.Path(sys.argv[2])
torch.ops.load_library(LIBRARY)
ops = torch.ops.multipole


def read_golden(name):
    """(case parameters, tensors) of a float32 safetensors file."""
    data = (GOLDEN / name).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    case = json.loads(header.pop("__metadata__")["case"])
    tensors = {}
    for key, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[key] = torch.frombuffer(bytearray(data[begin:end]), dtype=torch.float32).reshape(entry["shape"])
    return case, tensors


def relative_error(actual, expected):
    return ((actual - expected).abs().max() / expected.abs().max()).item()


class Attention2d(unittest.TestCase):
    def setUp(self):
        self.case, self.golden = read_golden("fma2d_ragged_linear.safetensors")
        self.leaves = {key[5:]: self.golden[key[5:]].clone().requires_grad_()
                       for key in self.golden if key.startswith("grad.")}

    def forward(self, leaves):
        heads, head_dim, cell, levels = (self.case[key] for key in ("heads", "d", "r", "levels"))

        def far(side):
            merges = [leaves[f"{side}_merge_basis.{i}"] for i in range(1, levels)]
            summaries = ops.summarize2d(leaves[side].flatten(3), leaves[f"{side}_token_basis"], merges, cell)
            return [level.unflatten(4, (heads, head_dim)) for level in summaries]

        return ops.attention2d(leaves["q"], leaves["k"], leaves["v"], far("k"), far("v"), cell, q_far=far("q"))

    def test_golden_values_and_gradients(self):
        out, lse = self.forward(self.leaves)
        self.assertLess(relative_error(out, self.golden["out"]), 1e-5)
        self.assertLess(relative_error(lse, self.golden["lse"]), 1e-5)
        (out * self.golden["grad_out"]).sum().backward()
        for name, leaf in self.leaves.items():
            self.assertLess(relative_error(leaf.grad, self.golden[f"grad.{name}"]), 1e-4, name)

    def test_meta_shapes(self):
        leaves = {name: leaf.detach().to("meta").requires_grad_() for name, leaf in self.leaves.items()}
        out, lse = self.forward(leaves)
        self.assertEqual(out.shape, self.golden["out"].shape)
        self.assertEqual(lse.shape, self.golden["lse"].shape)
        out.sum().backward()
        for name, leaf in leaves.items():
            self.assertEqual(leaf.grad.shape, self.golden[name].shape, name)

    def test_autocast(self):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out, lse = self.forward(self.leaves)
        self.assertEqual((out.dtype, lse.dtype), (torch.bfloat16, torch.float32))
        out.float().sum().backward()
        self.assertEqual(self.leaves["q"].grad.dtype, torch.float32)

    def test_registration_is_consistent(self):
        """torch's own check of schema, autograd registration and shape functions."""
        q, k, v = (self.leaves[name] for name in "qkv")
        far = [self.golden[f"k_far.{i}"].requires_grad_() for i in range(1, self.case["levels"] + 1)]
        tests = ("test_schema", "test_autograd_registration", "test_faketensor")
        torch.library.opcheck(ops.attention2d.default, (q, k, v, far, far, self.case["r"]), test_utils=tests)

    def test_extra_keys_and_masses(self):
        """Values, shapes without data, gradients, autocast and torch's own check of a call with all arguments."""
        heads, head_dim, cell, levels = (self.case[key] for key in ("heads", "d", "r", "levels"))
        q, k, v = (self.golden[name] for name in "qkv")
        far = [self.golden[f"k_far.{i}"] for i in range(1, levels + 1)]
        leaves = [q, k, v, torch.randn(q.shape[0], 5, heads, head_dim), torch.randn(q.shape[0], 5, heads, head_dim),
                  (torch.rand(q.shape[:3]) - 0.3).clamp(min=0), *(torch.randn(level.shape[:-1]) for level in far)]

        def call(leaves, far):
            return ops.attention2d(*leaves[:3], far, far, cell, k_extra=leaves[3], v_extra=leaves[4],
                                   token_mass=leaves[5], far_mass=leaves[6:])

        def with_gradients(leaves, far):
            leaves = [leaf.detach().requires_grad_() for leaf in leaves]
            outputs = call(leaves, far)
            outputs[0].float().sum().backward()
            return outputs, leaves

        outputs, leaves = with_gradients(leaves, far)
        meta, meta_leaves = with_gradients([leaf.to("meta") for leaf in leaves], [level.to("meta") for level in far])
        for actual, expected in zip(meta, outputs):
            self.assertEqual((actual.shape, actual.dtype), (expected.shape, expected.dtype))
        for actual, expected in zip(meta_leaves, leaves):
            self.assertEqual(actual.grad.shape, expected.grad.shape)
            self.assertTrue(expected.grad.isfinite().all() and expected.grad.ne(0).any())
        with torch.autocast("cpu", dtype=torch.bfloat16):
            low, _ = with_gradients(leaves, far)
        self.assertEqual((low[0].dtype, low[1].dtype), (torch.bfloat16, torch.float32))
        self.assertLess(relative_error(low[0].float(), outputs[0]), 0.02)
        torch.library.opcheck(ops.attention2d.default, (*leaves[:3], far, far, cell),
                              dict(k_extra=leaves[3], v_extra=leaves[4], token_mass=leaves[5], far_mass=leaves[6:]),
                              test_utils=("test_schema", "test_autograd_registration", "test_faketensor"))

    def test_summaries_with_masses(self):
        x, basis = torch.randn(2, 7, 9, 16), torch.randn(4, 2, 2, 16)
        merge, mass = torch.randn(4, 2, 2, 4, 16), torch.rand(2, 7, 9, 2)
        mass[:, 2:5] = 0
        broken = x.masked_fill(mass.repeat_interleave(8, 3) == 0, float("nan"))
        for expected, actual in zip(ops.summarize2d(x, basis, [merge], 2, token_mass=mass),
                                    ops.summarize2d(broken, basis, [merge], 2, token_mass=mass)):
            self.assertTrue(torch.equal(expected, actual))
        leaves = [tensor.requires_grad_() for tensor in (x, basis, merge, mass)]
        torch.library.opcheck(ops.summarize2d.default, (leaves[0], leaves[1], [leaves[2]], 2),
                              dict(token_mass=leaves[3]),
                              test_utils=("test_schema", "test_autograd_registration", "test_faketensor"))

    def test_errors_name_the_argument(self):
        q = torch.zeros(1, 4, 4, 2, 8)
        with self.assertRaisesRegex(RuntimeError, r"multipole::attention2d: k must have shape .*\(1, 4, 3, 2, 8\)"):
            ops.attention2d(q, q[:, :, 1:], q, [], [], 4)


class Attention1d(unittest.TestCase):
    def test_golden_values(self):
        case, golden = read_golden("fma1d_causal.safetensors")

        def far(side):
            basis = [golden[f"{side}_basis.{i}"] for i in range(1, case["levels"] + 1)]
            summaries = ops.summarize1d(golden[side].flatten(2), basis, case["m"])
            return [level.unflatten(3, (case["heads"], case["d"])) for level in summaries]

        out, _ = ops.attention1d(golden["q"], golden["k"], golden["v"], far("k"), far("v"), case["m"], causal=True)
        self.assertLess(relative_error(out, golden["out"]), 1e-5)


class Backward(unittest.TestCase):
    """The backward operators are reached from Python too: wrong tensors are named, never read out of bounds."""

    def expect(self, message, call):
        with self.assertRaisesRegex(RuntimeError, message):
            call()

    def test_summaries(self):
        x, basis = torch.randn(1, 8, 8, 16), torch.randn(1, 2, 2, 16)
        merge = torch.randn(1, 2, 2, 1, 16)
        good = ops.summarize2d(x, basis, [merge], 2)
        self.assertEqual(len(ops._summarize2d_backward(good, x, basis, [merge], 2)), 3)
        for wrong in ([], good[:1], good + good):
            self.expect(r"_summarize2d_backward: d_summaries must have 2 tensors",
                        lambda wrong=wrong: ops._summarize2d_backward(wrong, x, basis, [merge], 2))
        self.expect(r"_summarize2d_backward: d_summaries\[1\] must have shape",
                    lambda: ops._summarize2d_backward([good[0], good[0]], x, basis, [merge], 2))
        line, bases = torch.randn(1, 16, 16), [torch.randn(2, 4, 16)]
        self.expect(r"_summarize1d_backward: d_summaries must have 1 tensors",
                    lambda: ops._summarize1d_backward([], line, bases, 4))
        self.expect(r"_summarize1d_backward: d_summaries\[0\] must have shape .*\(1, 3, 2, 16\)",
                    lambda: ops._summarize1d_backward([torch.zeros(1, 3, 2, 16)], line, bases, 4))

    def test_attention(self):
        q = torch.randn(1, 4, 4, 2, 8)
        out, lse = ops.attention2d(q, q, q, [], [], 4)
        call = ops._attention2d_backward
        self.assertEqual(len(call(out, None, out, lse, q, q, q, [], [], 4)), 3)
        self.expect(r"_attention2d_backward: d_out must have shape",
                    lambda: call(out[:, :1], None, out, lse, q, q, q, [], [], 4))
        self.expect(r"_attention2d_backward: lse must have shape \(B, heads, H, W\)",
                    lambda: call(out, None, out, lse[..., :1], q, q, q, [], [], 4))
        self.expect(r"_attention2d_backward: d_lse must have dtype Float",
                    lambda: call(out, lse.double(), out, lse, q, q, q, [], [], 4))
        line = q.flatten(1, 2)[:, :8]
        out, lse = ops.attention1d(line, line, line, [], [], 4)
        self.expect(r"_attention1d_backward: out must have shape",
                    lambda: ops._attention1d_backward(out, None, out[:, 1:], lse, line, line, line, [], [], 4))


class Clusters(unittest.TestCase):
    def setUp(self):
        self.k, self.v = (torch.randn(2, 9, 13, 3, 8) for _ in "kv")
        self.mass = torch.rand(2, 9, 13, 3) + 0.1

    def test_meta_shapes_are_those_of_data(self):
        def call(k, v, mass):
            k_far, v_far, far_mass = ops.cluster2d(k, v, 3, 4, 2, token_mass=mass)
            return [*k_far, *v_far, *far_mass, ops.hot_tokens2d(k, v, 5, token_mass=mass)]

        for dtype in (torch.float32, torch.bfloat16):
            tensors = self.k.to(dtype), self.v.to(dtype), self.mass
            for real, meta in zip(call(*tensors), call(*(x.to("meta") for x in tensors))):
                self.assertEqual((real.shape, real.dtype), (meta.shape, meta.dtype))

    def test_autocast(self):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            k_far, _, far_mass = ops.cluster2d(self.k, self.v, 3, 4, 2)
        self.assertEqual((k_far[0].dtype, far_mass[0].dtype), (torch.bfloat16, torch.float32))

    def test_registration_is_consistent(self):
        tests = ("test_schema", "test_autograd_registration", "test_faketensor")
        leaves = [x.requires_grad_() for x in (self.k, self.v, self.mass)]
        torch.library.opcheck(ops.cluster2d.default, (leaves[0], leaves[1], 3, 4, 2), {"token_mass": leaves[2]},
                              test_utils=tests)
        torch.library.opcheck(ops._cluster2d_with_labels.default, (self.k.detach(), self.v.detach(), 3, 4, 2),
                              {"token_mass": self.mass.detach()}, test_utils=("test_schema", "test_faketensor"))
        torch.library.opcheck(ops.hot_tokens2d.default, (leaves[0], leaves[1], 5), {"token_mass": leaves[2]},
                              test_utils=tests)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
