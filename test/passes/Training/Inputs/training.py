"""Runs programs through dpc-opt's passes and its reference interpreter."""

import re
import subprocess
import sys

import numpy as np

DTYPES = {"f32": np.float32, "f64": np.float64, "i64": np.int64,
          "i32": np.int32, "ui8": np.uint8, "i1": np.bool_}


def opt(text, *passes):
    result = subprocess.run(["dpc-opt", *passes], input=text, text=True,
                            capture_output=True, timeout=120, check=False)
    if result.returncode:
        sys.exit(result.stderr + "\nof\n" + text)
    return result.stdout


class Function:
    """A function of printed IR, that can be run on values by name."""

    def __init__(self, text, name):
        self.name = name
        start = text.index(f"func.func @{name}(")
        self.text = text[start:text.index("\n  }\n", start) + 5]
        self.text = self.text.replace(f"@{name}(", "@NAME(", 1)
        header = self.text[:self.text.index("\n")]
        arguments, _, results = header.partition(" -> ")
        self.arguments = {
            name: (role, type_text) for type_text, name, role in re.findall(
                r"%arg\d+: (tensor<[^>]*>) \{.*?nn\.name = \"([^\"]*)\", "
                r"nn\.role = #nn\.role<(\w+)>", arguments)}
        self.results = re.findall(
            r"nn\.name = \"([^\"]*)\", nn\.role = #nn\.role<(\w+)>", results)

    def names(self, role):
        return [name for name, (r, _) in self.arguments.items() if r == role]

    def shape(self, name):
        *shape, element = self.arguments[name][1][len("tensor<"):-1].split("x")
        return tuple(map(int, shape)), DTYPES[element]

    def random(self, rng, **given):
        """Values of all arguments: random ones where none is given."""
        values = {}
        for name in self.arguments:
            shape, dtype = self.shape(name)
            value = given.get(name)
            if value is None:
                value = rng.uniform(-1, 1, shape)
            values[name] = np.asarray(value).astype(dtype).reshape(shape)
        return values

    def with_values(self, label, values):
        """The function's text, called `label`, ready to be interpreted."""
        text = self.text.replace("@NAME(", f"@{label}(", 1)
        for name, value in values.items():
            role, type_text = self.arguments[name]
            attr = f'nn.name = "{name}", nn.role = #nn.role<{role}>'
            data = np.ascontiguousarray(value).tobytes().hex()
            text = text.replace(
                attr, f'{attr}, test.value = dense<"0x{data}"> : {type_text}', 1)
        return text.replace(" {\n", " attributes {test.run} {\n", 1) \
            if " attributes {" not in text.split("\n")[0] \
            else text.replace(" attributes {", " attributes {test.run, ", 1)

    def run(self, *many):
        """For each dictionary of values the results, by (role, name)."""
        module = "\n".join(self.with_values(f"run{i}", values)
                           for i, values in enumerate(many))
        printed = opt("module {\n" + module + "\n}", "-test-interpret",
                      "-o", "/dev/null")
        outputs = [{} for _ in many]
        for run, index, data in re.findall(
                r"^@run(\d+) result (\d+): \[(.*)\]$", printed, re.MULTILINE):
            name, role = self.results[int(index)]
            outputs[int(run)][role, name] = np.array(
                [float(x) for x in data.split(",") if x.strip()])
        return outputs


def close(actual, wanted, what, rtol=1e-5, atol=1e-6):
    wanted = np.asarray(wanted, np.float64).ravel()
    if actual.shape != wanted.shape or not np.allclose(actual, wanted, rtol, atol):
        sys.exit(f"{what}:\n{actual}\ninstead of\n{wanted}")
