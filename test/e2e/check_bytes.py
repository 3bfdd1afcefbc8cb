"""What kernels move, as a stand-in for the driver counts it (test/hostcuda).

check_bytes.py DPC LIBRARY-FOLDER MODEL[,OPTION...]... compiles each model for the target cuda,
in the folder where it is started, and trains one step on random data. Of every kernel that moves
8 KiB or more: what it writes, it writes once; reads and writes together are at most 1.05 times what
each input, read once, and each output, written once, are; all are whole sectors of 32 bytes, to
5 %. Kernels are exempt by what they do, not by their names:

- Those with an op of EXEMPT.
- Operands that a kernel broadcasts: the rows and columns that need a value read it close to each
  other in time, so that it comes from a cache, whose bytes nobody counts here.
- From whole sectors, those that cut rows out of others (slices, or pads in a gradient) whose
  bytes are no multiple of 32."""

import json
import os
import pathlib
import re
import subprocess
import sys

import numpy as np

LEAST = 8 << 10
MOST = 1.05
EXEMPT = {
    "nn.gather": "rows that the data name, some of them more than once",
    "nn.concat": "what rotates halves reads each element at two places",
    "nn.scatter_add": "each block looks at all indices, for the order of sums",
}
# The stand-in takes no machine code, and none is made where there is no assembler.
PATH = os.pathsep.join(folder for folder in os.environ["PATH"].split(os.pathsep)
                       if not os.path.exists(os.path.join(folder, "ptxas")))


def run(*command, **environment):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False, timeout=300, env={**os.environ, **environment})
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}: {done.stdout[-500:]}{done.stderr[-2000:]}")
    return done.stdout


def make_data(plan):
    """A batch of each input."""
    random = np.random.default_rng(5)
    for number, entry in enumerate(plan["inputs"]):
        kind = {"f": np.float32, "i": np.int64, "u": np.uint8}[entry["dtype"][0]]
        if kind is np.float32:
            values = random.normal(size=entry["shape"])
        else:
            most = entry.get("classes") or entry.get("range", {}).get("upper", 2)
            values = random.integers(0, most, entry["shape"])
        np.save(f"input{number}.npy", values.astype(kind))
        yield "--data"
        yield f"{entry['name']}=input{number}.npy"


class Kernel:
    """What the plan says of one."""

    def __init__(self, head, body):
        ops = re.findall(r"^ +(%\w+) = (nn\.\w+)([^:\n]*)", body, re.M)
        self.ops = {name for _, name, _ in ops}
        wide = set()
        for result, name, words in reversed(ops):
            if name == "nn.broadcast" or result in wide:
                wide.update(re.findall(r"%\w+", words))
        inputs = [int(word) for word in re.search(r"inputs \[(.*?)\]", head)[1].split(",") if word]
        self.broadcast = {buffer for number, buffer in enumerate(inputs) if f"%arg{number}" in wide}
        widths = {"i1": 1, "8": 1, "16": 2, "32": 4, "64": 8}
        rows = [int(size or 1) * widths[re.search(r"i1$|8$|16$|32$|64$", kind)[0]]
                for size, kind in re.findall(r"tensor<(?:\d+x)*?(?:(\d+)x)?([a-z]+\d+)>", body)]
        self.cuts = bool(self.ops & {"nn.slice", "nn.pad", "nn.concat"}) and any(
            row % 32 for row in rows)


def read_kernels(text):
    return {name: Kernel(head, body) for name, head, body in
            re.findall(r"^  plan\.kernel @(\w+) (.*?) {\n(.*?)^  }", text, re.S | re.M)}


def find_faults(event, kernel):
    read, written = event["read"], event["written"]
    least = read["unique_bytes"] + written["unique_bytes"]
    if least < LEAST:
        return None
    faults = []
    if written["bytes"] != written["unique_bytes"]:
        faults.append(f"writes {written['bytes']} bytes to {written['unique_bytes']}")
    again = sum(bytes for buffer, bytes in enumerate(event["repeated_of"])
                if buffer not in kernel.broadcast)
    moved = read["unique_bytes"] + again + written["bytes"]
    if moved > MOST * least:
        faults.append(f"reads {again} of {read['unique_bytes']} bytes again: "
                      f"{moved / least:.2f} times the least")
    for what, traffic in (("reads", read), ("writes", written)):
        if not kernel.cuts and traffic["unique_sectors"] * 32 > MOST * traffic["unique_bytes"] + 64:
            faults.append(f"{what} {traffic['unique_bytes']} bytes in "
                          f"{traffic['unique_sectors']} sectors")
    return faults


def check(dpc, library, model, options):
    words = [dpc, "compile", model, *" ".join(options).split(), "--target", "cuda"]
    plan = read_kernels(run(*words, "--emit", "plan"))
    run(*words, "-o", "program", PATH=PATH)
    report = pathlib.Path("report")
    report.unlink(missing_ok=True)
    run("./program", *make_data(json.loads(run("./program", "--plan"))), "--steps", 1, "--quiet",
        LD_LIBRARY_PATH=library, DPC_HOSTCUDA_REPORT=str(report.resolve()))
    kernels = {}
    for line in report.read_text().splitlines():
        event = json.loads(line)
        if event["event"] == "launch" and not event["kernel"].startswith("dpc_"):
            kernels[event["kernel"]] = event
    checked, exempt, failed = 0, {}, 0
    for name, event in kernels.items():
        kernel = plan[name]
        assert event["repeated_of"], f"nobody knows the buffers of {name}"
        faults = find_faults(event, kernel)
        if faults is None:
            continue
        reasons = kernel.ops & set(EXEMPT)
        for reason in reasons:
            exempt[reason] = exempt.get(reason, 0) + 1
        if reasons:
            continue
        checked += 1
        if faults:
            failed += 1
            print(f"{pathlib.Path(model).name}: {name} ({', '.join(sorted(kernel.ops))}) "
                  + ", ".join(faults))
    print(f"{pathlib.Path(model).name}: {checked - failed} of {checked} kernels move what they must"
          + "".join(f"; {count} with {op} ({EXEMPT[op]})" for op, count in sorted(exempt.items())))
    return checked and not failed


def main():
    dpc, library, *models = sys.argv[1:]
    results = [check(dpc, library, *(lambda name, *options: (name, options))(*model.split(",")))
               for model in models]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
