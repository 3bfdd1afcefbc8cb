"""Makes a graph that fails smaller, as long as it fails."""

import copy

import generate
import reference
from graphs import Input
from values import Reject


def variants(graph):
    """Graphs with one thing less, the most promising first."""
    for value in graph.outputs[1:]:
        smaller = copy_graph(graph)
        smaller.outputs = [v for v in graph.outputs if v is not value]
        yield smaller
    for value in graph.outputs[1:]:
        yield from replace_first_output(graph, value)
    for node in reversed(graph.nodes):
        for name in node.outputs:
            yield from cut(graph, name)
    for name in list(graph.inputs):
        yield from drop_name(graph, name)


def copy_graph(graph):
    smaller = copy.copy(graph)
    smaller.nodes, smaller.outputs = list(graph.nodes), list(graph.outputs)
    smaller.inputs, smaller.constants = dict(graph.inputs), dict(graph.constants)
    smaller.random = copy.deepcopy(graph.random)
    return smaller


def replace_first_output(graph, value):
    """Only in inference may another output come first."""
    if graph.is_inference:
        smaller = copy_graph(graph)
        smaller.outputs = [value]
        yield smaller


def cut(graph, name):
    """An output of a node becomes an input, or a constant if it has no rows."""
    value = graph.values[name]
    if name == graph.outputs[0].name and not graph.is_inference:
        return
    smaller = copy_graph(graph)
    smaller.nodes = [n for n in graph.nodes if name not in n.outputs]
    used = {i for n in smaller.nodes for i in n.inputs}
    lost = {o for n in graph.nodes if name in n.outputs for o in n.outputs} - {name}
    if used & lost or name not in used:
        return
    smaller.outputs = [v for v in smaller.outputs if v.name not in lost | {name}]
    if not smaller.outputs or smaller.outputs[0] is not graph.outputs[0]:
        if not graph.is_inference or not smaller.outputs:
            return
    kind = reference.np_type(value.type)
    is_batched = graph.mixes_rows and value.rank > 0 and value.shape[0] == graph.batch
    if value.rows or is_batched:
        if value.rows and value.rows != (0, 1) or value.type == "bfloat16":
            return
        runs = [generate.run_reference(graph, first, count)[name]
                for first, count in graph.trials]
        data = reference.np.concatenate(runs, 0).astype(kind)
        dims = ["N" if graph.is_symbolic else graph.batch, *value.shape[1:]]
        smaller.inputs[name] = Input(value.type, dims, data, 0)
    else:
        smaller.constants[name] = value.arrays[0].astype(kind)
    yield smaller


def drop_name(graph, name):
    """A dimension's name."""
    given = graph.inputs[name]
    for i, dim in enumerate(given.dims):
        if isinstance(dim, str) and dim != "N":
            smaller = copy_graph(graph)
            dims = list(given.dims)
            dims[i] = given.data.shape[i]
            smaller.inputs[name] = Input(given.type, dims, given.data, given.rows_dim)
            yield smaller


def shrink(graph, fails, limit=200):
    """The smallest graph found for which `fails` holds."""
    tries = 0
    progress = True
    while progress and tries < limit:
        progress = False
        for smaller in variants(graph):
            try:
                generate.remove_dead(smaller)
                tries += 1
                if tries < limit and fails(smaller):
                    graph, progress = smaller, True
                    break
            except (Reject, KeyError, ValueError):
                continue
    return graph
