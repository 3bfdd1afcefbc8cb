#!/usr/bin/env python3
"""Makes the models in contrib/, of onnxruntime's operators, with what onnxruntime
computes of random operands.

  make_contrib.py OUT

Needs onnxruntime. Every file is a model whose inputs hold ROWS rows; beside it lie
the operands and the results. gpt-parity.onnx is that of models/data/transformer as
onnxruntime's optimizer rewrites it.
"""

import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.transformers import optimizer

ROWS, SEQUENCE, HEADS, SIZE = 2, 4, 4, 16
HIDDEN = HEADS * SIZE
DRAW = np.random.default_rng(7)


class Model:
    def __init__(self, domain="com.microsoft"):
        self.domain = domain
        self.nodes, self.weights, self.inputs, self.outputs = [], [], {}, []

    def draw(self, *shape):
        return (DRAW.standard_normal(shape) * 0.7).astype(np.float32)

    def input(self, *tail, value=None):
        """Of a row each."""
        name = f"x{len(self.inputs)}"
        self.inputs[name] = self.draw(ROWS, *tail) if value is None else value
        return name

    def weight(self, *shape, value=None):
        name = f"w{len(self.weights)}"
        value = self.draw(*shape) if value is None else np.asarray(value)
        self.weights.append(numpy_helper.from_array(value, name))
        return name

    def node(self, op, inputs, outputs=1, domain=None, keep=None, **attributes):
        """The outputs that `keep` names, all of them by default, are the model's."""
        count = len(self.nodes)
        names = [f"n{count}_{i}" if keep is None or i in keep else ""
                 for i in range(outputs)]
        while not names[-1]:
            names.pop()
        self.nodes.append(helper.make_node(
            op, [x or "" for x in inputs], names, name=f"{op}_{count}",
            domain=self.domain if domain is None else domain, **attributes))
        self.outputs += [name for name in names if name]

    def save(self, path):
        types = {"float32": TensorProto.FLOAT, "int32": TensorProto.INT32,
                 "int64": TensorProto.INT64}
        graph = helper.make_graph(
            self.nodes, path.stem,
            [helper.make_tensor_value_info(name, types[value.dtype.name],
                                           ["batch", *value.shape[1:]])
             for name, value in self.inputs.items()],
            [onnx.ValueInfoProto(name=name) for name in self.outputs], self.weights)
        model = helper.make_model(
            graph, ir_version=8, opset_imports=[
                helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1),
                helper.make_opsetid("ai.onnx.ml", 3)])
        onnx.save(model, path)
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        session = onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])
        results = session.run(self.outputs, self.inputs)
        np.savez_compressed(path.with_suffix(".npz"), **self.inputs,
                            **dict(zip(self.outputs, results)))


def make_norms():
    m = Model()
    x, skip = m.input(SEQUENCE, HIDDEN), m.input(SEQUENCE, HIDDEN)
    gamma, beta, bias = (m.weight(HIDDEN) for _ in range(3))
    m.node("SkipLayerNormalization", [x, skip, gamma, beta, bias], 4, keep=(0, 3), epsilon=1e-5)
    m.node("SkipLayerNormalization", [x, m.weight(1, SEQUENCE, HIDDEN), gamma], 1)
    m.node("SkipLayerNormalization", [x, m.weight(SEQUENCE, HIDDEN), gamma, beta], 1)
    m.node("SkipSimplifiedLayerNormalization", [x, skip, gamma, bias], 4, keep=(0, 3))
    m.node("SkipSimplifiedLayerNormalization", [x, skip, gamma], 1, epsilon=0.01)
    m.node("SimplifiedLayerNormalization", [x, gamma], 1, domain="", epsilon=1e-6, axis=-1)
    m.node("BiasGelu", [x, bias])
    m.node("FastGelu", [x, bias])
    m.node("FastGelu", [x])
    m.node("Gelu", [x])
    m.node("QuickGelu", [x])
    m.node("QuickGelu", [x], alpha=0.7)
    m.node("FusedMatMul", [x, skip], transB=1, alpha=0.3)
    m.node("FusedMatMul", [x, skip], transA=1)
    m.node("FusedMatMul", [x, m.weight(HIDDEN, 6)], alpha=2.0)
    m.node("FusedMatMul", [m.weight(6, ROWS, HIDDEN), x], transBatchA=1, transB=1)
    flat = m.input(12)
    for activation in ("Relu", "Tanh", "Sigmoid"):
        m.node("FusedGemm", [flat, m.weight(6, 12), m.weight(6)], transB=1, alpha=0.5, beta=2.0,
               activation=activation)
    m.node("FusedGemm", [flat, m.weight(12, 6)], activation="LeakyRelu", activation_alpha=0.3)
    ids = m.input(value=DRAW.integers(0, 11, (ROWS, SEQUENCE)).astype(np.int32))
    segments = m.input(value=DRAW.integers(0, 2, (ROWS, SEQUENCE)).astype(np.int32))
    mask = m.input(value=(np.arange(SEQUENCE) < [[4], [2]]).astype(np.int32))
    words, places, kinds = m.weight(11, 8), m.weight(9, 8), m.weight(2, 8)
    g, b = m.weight(8), m.weight(8)
    m.node("EmbedLayerNormalization", [ids, segments, words, places, kinds, g, b, mask], 2)
    m.node("EmbedLayerNormalization", [ids, None, words, places, None, g, b], 3, keep=(0, 2),
           epsilon=1e-3)
    m.node("EmbedLayerNormalization",
           [ids, segments, words, places, kinds, g, b, None,
            m.weight(value=np.array([[4, 3, 8, 0]], np.int32))], 2)
    return m


def make_attention():
    m = Model()
    x = m.input(SEQUENCE, 12)
    w, b = m.weight(12, 3 * HIDDEN), m.weight(3 * HIDDEN)
    ends = m.input(value=np.array([4, 1], np.int32))
    raw = m.input(value=(DRAW.random((ROWS, SEQUENCE)) < 0.7).astype(np.int32))
    raw3 = m.input(value=(DRAW.random((ROWS, SEQUENCE, SEQUENCE)) < 0.7).astype(np.int32))
    bias = m.weight(1, HEADS, SEQUENCE, SEQUENCE)
    m.node("Attention", [x, w, b], num_heads=HEADS)
    m.node("Attention", [x, w, b], 2, num_heads=HEADS, unidirectional=1)
    m.node("Attention", [x, w, b, ends], num_heads=HEADS, scale=0.2)
    m.node("Attention", [x, w, b, raw], num_heads=HEADS)
    m.node("Attention", [x, w, b, raw], num_heads=HEADS, unidirectional=1, mask_filter_value=-5.0)
    m.node("Attention", [x, w, b, raw3, None, bias], num_heads=HEADS)
    m.node("Attention", [x, m.weight(12, 80), m.weight(80)], num_heads=HEADS,
           qkv_hidden_sizes=[24, 24, 32])
    q, k, v = (m.input(SEQUENCE, HIDDEN) for _ in range(3))
    far = m.input(7, HIDDEN)
    m.node("MultiHeadAttention", [q, k, v], num_heads=HEADS)
    m.node("MultiHeadAttention", [q, k, v, b, None, bias], num_heads=HEADS)
    m.node("MultiHeadAttention", [q, k, v, None, raw], num_heads=HEADS, unidirectional=1)
    m.node("MultiHeadAttention", [q, k, v, None, ends], num_heads=HEADS, scale=0.3)
    m.node("MultiHeadAttention", [q, k, v, None, raw3], num_heads=HEADS)
    m.node("MultiHeadAttention", [q, far, far, b], num_heads=HEADS)
    m.node("MultiHeadAttention", [q, m.input(HEADS, 7, SIZE), m.input(HEADS, 7, SIZE)], num_heads=HEADS)
    m.node("MultiHeadAttention", [q, k, v, None, None, None, m.input(HEADS, 2, SIZE),
                                  m.input(HEADS, 2, SIZE)], 3, num_heads=HEADS)
    cos = m.weight(value=np.cos(np.outer(np.arange(9), 1 / 3.0 ** np.arange(8))).astype(np.float32))
    sin = m.weight(value=np.sin(np.outer(np.arange(9), 1 / 3.0 ** np.arange(8))).astype(np.float32))
    ids = m.input(value=DRAW.integers(0, 9, (ROWS, SEQUENCE)))
    first = m.weight(value=np.array([2], np.int64))
    for interleaved in (0, 1):
        m.node("RotaryEmbedding", [q, ids, cos, sin], interleaved=interleaved)
    m.node("RotaryEmbedding", [m.input(HEADS, SEQUENCE, SIZE), first, cos, sin])
    wide = m.input(SEQUENCE, 2 * 20)
    m.node("RotaryEmbedding", [wide, ids, cos, sin], num_heads=2, rotary_embedding_dim=16)
    key, value = m.input(SEQUENCE, 2 * SIZE), m.input(SEQUENCE, 2 * SIZE)
    lengths = m.input(value=np.full(ROWS, SEQUENCE - 1, np.int32))
    total = m.weight(value=np.array(SEQUENCE, np.int32))
    m.node("GroupQueryAttention", [q, key, value, None, None, lengths, total], 3,
           num_heads=HEADS, kv_num_heads=2)
    m.node("GroupQueryAttention", [q, key, value, None, None, lengths, total, cos, sin], 3,
           num_heads=HEADS, kv_num_heads=2, do_rotary=1, softcap=1.5)
    m.node("GroupQueryAttention", [m.input(SEQUENCE, 8 * SIZE), None, None, None, None, lengths, total, cos, sin],
           3, num_heads=HEADS, kv_num_heads=2, do_rotary=1, rotary_interleaved=1, scale=0.4)
    m.node("GroupQueryAttention", [q, key, value, None, None, lengths, total], 3,
           num_heads=HEADS, kv_num_heads=2, local_window_size=2)
    return m


def main():
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    make_norms().save(out / "norms.onnx")
    make_attention().save(out / "attention.onnx")
    original = pathlib.Path(__file__).parents[3] / "models/data/transformer/gpt-parity.onnx"
    optimized = optimizer.optimize_model(str(original), model_type="gpt2", opt_level=0)
    optimized.save_model_to_file(str(out / original.name))


if __name__ == "__main__":
    main()
