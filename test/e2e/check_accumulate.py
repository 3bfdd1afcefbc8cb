"""Makes a model that a mean of means would get wrong, and checks a plan.

  check_accumulate.py make FILE.onnx [weighted]
  check_accumulate.py plan WHOLE.json ACCUMULATED.json
"""

import json
import sys


def make(path, weighted=None):
    # Labels of 0 do not count, so that microbatches have weights; the dropout's
    # mask is that of the whole batch. Weighted, every class counts differently.
    import numpy
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    random = numpy.random.default_rng(1)
    weights = [numpy_helper.from_array(random.standard_normal(shape).astype("f4") / 4, name)
               for name, shape in (("w1", (6, 7)), ("b1", (7,)), ("w2", (7, 3)), ("b2", (3,)))]
    ratio = numpy_helper.from_array(numpy.array(0.4, "f4"), "ratio")
    training = numpy_helper.from_array(numpy.array(True), "training")
    nodes = [
        helper.make_node("Gemm", ["x", "w1", "b1"], ["h"], "first"),
        helper.make_node("Relu", ["h"], ["r"], "relu"),
        helper.make_node("Dropout", ["r", "ratio", "training"], ["d"], "dropout"),
        helper.make_node("Gemm", ["d", "w2", "b2"], ["y"], "second"),
        helper.make_node("SoftmaxCrossEntropyLoss", ["y", "t"] + ["classes"] * bool(weighted), ["loss"], "loss",
                         ignore_index=0),
    ]
    if weighted:
        weights.append(numpy_helper.from_array(numpy.array([1, 2, 0.25], "f4"), "classes"))
    graph = helper.make_graph(
        nodes, "ignoring",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [24, 6]),
         helper.make_tensor_value_info("t", TensorProto.INT64, [24])],
        [helper.make_tensor_value_info("loss", TensorProto.FLOAT, [])], weights + [ratio, training])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)


def check_plan(*paths):
    whole, accumulated = (json.load(open(path)) for path in paths)
    traffic = [sum(c["bytes"] for c in plan["collectives"]) for plan in (whole, accumulated)]
    assert traffic[0] == traffic[1] > 0, traffic
    assert accumulated["mesh"] == whole["mesh"]
    assert accumulated["memory"]["temporaries"] < 0.8 * whole["memory"]["temporaries"]


if __name__ == "__main__":
    {"make": make, "plan": check_plan}[sys.argv[1]](*sys.argv[2:])
