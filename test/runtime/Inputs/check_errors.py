"""Runs the fake programs wrongly in every known way.

  check_errors.py DATA BIN MPIRUN...

Each run must write exactly one line `dpc: error: WHERE: WHAT` with the given
texts, exit with the given status, and leave no output file.
"""

import concurrent.futures
import os
import shutil
import subprocess
import sys
import tempfile

data, bin_folder, *mpirun = sys.argv[1:]
# After a failure, mpirun otherwise sleeps for a second or two before it ends.
os.environ["OMPI_MCA_odls_base_sigkill_timeout"] = "0"
# Runs side by side need session folders of their own; see lit.cfg.py.
mpirun[mpirun.index("orte_tmpdir_base") + 1] = "@SESSION@"
jobs = []


def path(name):
    return os.path.join(data, name)


def check(command, texts, status=1, env=None):
    jobs.append((command, texts, status, env or {}))


def run_job(job):
    """What is wrong with a run; empty if nothing."""
    command, texts, status, env = job
    with tempfile.TemporaryDirectory() as out, tempfile.TemporaryDirectory() as session:
        command = [word.replace("@OUT@", out).replace("@SESSION@", session) for word in command]
        try:
            run = subprocess.run(
                command, capture_output=True, text=True, errors="replace", timeout=60,
                env=dict(os.environ, **env))
        except subprocess.TimeoutExpired:
            return "hangs: " + " ".join(command)
        left = os.listdir(out)
    lines = run.stderr.splitlines()
    lacks = [text for text in texts if text not in run.stderr]
    if (run.returncode == status and len(lines) == 1 and not left and not lacks
            and lines[0].startswith("dpc: error: ")):
        return ""
    return (f"exit {run.returncode} (expected {status}), left {left}, lacks {lacks}\n"
            + " ".join(command) + "\n" + run.stderr)


def launch(ranks, program=None):
    program = program or f"dpc-fake-{ranks}"
    program = os.path.join(bin_folder, program)
    return [program] if ranks == 0 else mpirun + ["-n", str(ranks), program]


def arguments(x="x.npy", label="label.npy", params="params.safetensors"):
    return ["--data", f"x={path(x)}", "--data", f"label={path(label)}",
            "--params", path(params)]


def on_ranks(words, texts, status=1, ranks=(1, 2)):
    for count in ranks:
        check(launch(count) + words, texts, status)


outputs = ["--metrics", "@OUT@/m.jsonl", "--save-onnx", "@OUT@/m.onnx", "--trace", "@OUT@/t.json"]

# Files: the message names the file; the outputs are not even started.
for name in sorted(os.listdir(data)):
    if not name.startswith("bad_"):
        continue
    if name.endswith(".safetensors"):
        words = arguments(params=name)
    elif name == "bad_few.npy":
        words = arguments(x=name, label="bad_few_label.npy")
    elif "label" in name or "rows" in name:
        words = arguments(label=name)
    else:
        words = arguments(x=name)
    check([os.path.join(bin_folder, "dpc-fake-1")] + words + outputs, [name])
    check(launch(2) + words + outputs, [name])

# The row that is wrong, found by one rank only.
for ranks in (1, 2, 3, 4):
    on_ranks(arguments(label="bad_label.npy"), ["row 37", "7", "[0, 3)"], ranks=(ranks,))
on_ranks(arguments(label="bad_label_half.npy"), ["row 11", "0.5", "i32"])
on_ranks(arguments(label="nowhere.npy"), ["nowhere.npy", "No such file"])
on_ranks(arguments(label="."), ["directory"])
on_ranks(arguments(params="nowhere"), ["nowhere", "--params"])
on_ranks(["--data", "x=/dev/zero", "--data", f"label={path('label.npy')}"], ["/dev/zero"])
good = arguments()
on_ranks(good + ["--eval-data", f"x={path('eval_x.npy')}",
                 "--eval-data", f"label={path('label.npy')}"], ["17", "43"])

# Several files as one input, and how they are read.
on_ranks(arguments(x="part-x-[0-9].npy", label="bad_rows.npy"), ["bad_rows.npy", "42", "43"])
on_ranks(arguments(x="part-x-?.none"), ["part-x-?.none", "no file has a name like that"])
on_ranks(arguments(x="{part-x-0,bad_dtype}.npy"), ["bad_dtype", "rows of", "part-x-0"], ranks=(1,))
on_ranks(arguments(label="data.safetensors"), ["data.safetensors", ":TENSOR", "label"], ranks=(1,))
on_ranks(arguments(label="data.safetensors:y"), ["no tensor 'y'", "label"], ranks=(1,))
on_ranks(good + ["--eval-split", "0.9"], ["--eval-split", "4 rows to train on", "10"])

# Tables.
for name, texts in [("table.csv:a,b,c,label,e", ["no column 'e'", "label"]),
                    ("table.csv:-id", ["make 5 values a row", "needs 4"]),
                    ("broken_cell.csv:a,b,d,c=number", ["row 17", "column 'c'", "'much'"]),
                    ("broken_line.csv:a,b,c,d", ["line 19 has 5 fields"]),
                    ("broken_text.csv", ["line 1 holds a zero byte"]),
                    ("table.parquet", ["Parquet"])]:
    on_ranks(arguments(x=name), [name.split(":")[0], *texts], ranks=(1,))
on_ranks(arguments(x="broken_line.csv:a,b,c,d"), ["line 19"], ranks=(2,))
check(launch(0, "dpc-fake-infer-1") + ["--data", f"x={path('table.csv')}", "--outputs", "@OUT@",
                                       "--params", path("params.safetensors")],
      ["table.csv", "statistics", "--columns"])

# Places that cannot be written to.
for flag in ("--metrics", "--save-onnx", "--trace"):
    on_ranks(good + [flag, path("no/such/folder/file")], [flag, "no/such/folder/file"])
    on_ranks(good + [flag, data], [flag, "directory"])
on_ranks(good + ["--save-onnx", "/dev/null"], ["--save-onnx", "/dev/null"])

# One file for two things, under whatever name.
link = path("x_link.npy")
if not os.path.exists(link):
    os.symlink("x.npy", link)
files = [
    (["--metrics", "@OUT@/a", "--save-onnx", "@OUT@/a"], ["--save-onnx", "--metrics"]),
    (["--metrics", "@OUT@/a", "--trace", "@OUT@/./a"], ["--metrics", "--trace"]),
    (["--save-onnx", path("x.npy")], ["--save-onnx", "'x'"]),
    (["--metrics", link], ["--metrics", "'x'"]),
    (["--trace", path("../") + os.path.basename(data) + "/label.npy"], ["--trace", "'label'"]),
    (["--save-onnx", path("params.safetensors")], ["--save-onnx", "parameters"]),
]
for words, texts in files:
    on_ranks(good + words, texts + ["name another file"], 2)
for count in (1, 2):
    program = launch(count)
    check(program + good + ["--trace", program[-1]], ["--trace", "executable"], 2)
os.makedirs(path("o"), exist_ok=True)
shutil.copy(path("x.npy"), path("o/half.npy"))
for count in (1, 2):
    check(launch(count, f"dpc-fake-infer-{count}")
          + ["--data", f"x={path('o/half.npy')}", "--params", path("params.safetensors"),
             "--outputs", path("o")], ["--outputs", "half.npy", "'x'"], 2)
# No room: known before the first step.
check(["/bin/sh", "-c", 'ulimit -f 0; exec "$@"', "sh"] + launch(0, "dpc-fake-1") + good
      + ["--save-onnx", "@OUT@/m.onnx"], ["m.onnx", "cannot", "too large"])

# Values that are not finite: the layer, the step, and the row of the file.
for order in ([], ["--no-shuffle"]):
    on_ranks(arguments(x="nan_x.npy") + ["--save-onnx", "@OUT@/m.onnx", "--epochs", "5"] + order,
             ["fc: the value is not finite at step", "(forward), first in row 17 of ",
              "nan_x.npy, which holds nan, and ", "m.onnx is not written"], ranks=(1, 2, 3, 4))
on_ranks(good + ["--lr", "1e38", "--epochs", "5", "--save-onnx", "@OUT@/m.onnx"],
         ["loss: the value is not finite (inf) at step ", "; lower --lr", "m.onnx is not written"])

# Wrong usage.
usage = [
    (["--nonsense"], ["--nonsense"]),
    (["stray"], ["stray"]),
    (["--epochs", "none"], ["--epochs", "none"]),
    (["--epochs", "-1"], ["--epochs", "-1"]),
    (["--epochs", "1.5"], ["--epochs", "1.5"]),
    (["--epochs", "99999999999999999999"], ["--epochs"]),
    (["--epochs", "1", "--steps", "1"], ["--steps", "--epochs"]),
    (["--epochs"], ["--epochs", "value"]),
    (["--metrics", ""], ["--metrics", "empty"]),
    (["--eval-split", "1"], ["--eval-split", "(0, 1)"]),
    (["--eval-split", "0.1", "--eval-data", "x=x.npy"], ["--eval-split", "--eval-data"]),
    (["--split-seed", "1"], ["--split-seed", "--eval-split"]),
    (["--shuffle-block", "-1"], ["--shuffle-block", "-1"]),
    (["--shuffle-block", "5", "--no-shuffle"], ["--shuffle-block", "--no-shuffle"]),
    (["--read-ahead", "x"], ["--read-ahead", "x"]),
    (["--data-threads", "0"], ["--data-threads", "0"]),
    (["--no-shuffle=3"], ["--no-shuffle"]),
    (["--seed", "1", "--seed", "2"], ["--seed", "one value"]),
    (["--lr", "fast"], ["--lr", "fast"]),
    (["--lr", "nan"], ["--lr", "nan"]),
    (["--threads", "0"], ["--threads"]),
    (["--nan", "ignore"], ["--nan", "stop", "continue"]),
    (["--lr", "1e40"], ["--lr", "1e40"]),
    (["--momentum", "1"], ["--momentum", "[0, 1)"]),
    (["--momentum", "-0.1"], ["--momentum", "[0, 1)"]),
    (["--momentum", "0.99999999999"], ["--momentum", "[0, 1)"]),
    (["--timeout", "-1"], ["--timeout"]),
    (["--trace-steps", "0"], ["--trace-steps"]),
    (["--step", "1"], ["--step"]),
    (["--outputs", "@OUT@"], ["--outputs"]),
    (["--data", "x"], ["--data", "INPUT=FILE"]),
    (["--data", "=x"], ["--data", "INPUT=FILE"]),
    (["--data", "z=file"], ["--data", "'z'", "x, label"]),
    (["--data", "x=again"], ["--data", "'x'", "twice"]),
]
for words, texts in usage:
    on_ranks(good + words, texts, 2)
on_ranks(["--data", f"x={path('x.npy')}"], ["--data", "'label'"])
on_ranks(good + ["--eval-data", f"x={path('x.npy')}"], ["--eval-data", "'label'"])
infer = ["--data", f"x={path('x.npy')}", "--params", path("params.safetensors")]
for ranks in (1, 2):
    program = launch(ranks, f"dpc-fake-infer-{ranks}")
    check(program + infer, ["--outputs"], 2)
    check(program + infer + ["--epochs", "1", "--outputs", "@OUT@/o"], ["--epochs"], 2)
    check(program + infer + ["--outputs", path("x.npy")], ["--outputs", "x.npy"])
    check(program + ["--data", f"x={path('bad_cut.npy')}", "--outputs", "@OUT@/o"], ["bad_cut"])

# The wrong number of ranks, and two plans.
check(launch(3, "dpc-fake-2") + good, ["started on 3 ranks but the plan has 2 (mesh data=2)",
                                       "dpc run -n 2", "--ranks 3"])
check(launch(0, "dpc-fake-2") + good, ["started on 1 rank but the plan has 2"])
check(launch(2, "dpc-fake-1") + good, ["started on 2 ranks but the plan has 1"])
check(launch(1, "dpc-fake-2") + good + [":", "-n", "1", os.path.join(bin_folder, "dpc-fake-other-2")]
      + good, ["fake2000", "fake2999"])
# A processor that nobody has, here or on one machine of several.
check(launch(2, "dpc-fake-cpu-2") + good, ["dpc-fake-cpu-2", "'nobody'", "avx10.2", "--cpu"])
check(launch(1, "dpc-fake-2") + good + [":", "-n", "1", os.path.join(bin_folder, "dpc-fake-cpu-2")]
      + good, ["dpc-fake-cpu-2", "'nobody'"])
# A launcher that MPI does not know, and two that contradict each other.
check(launch(0, "dpc-fake-1") + good, ["PMI_SIZE", "MPI sees"],
      env={"PMI_RANK": "0", "PMI_SIZE": "2"})
check(launch(0, "dpc-fake-1") + good, ["PMI_SIZE", "PMI_RANK"],
      env={"PMI_RANK": "2", "PMI_SIZE": "2"})
check(launch(0, "dpc-fake-1") + good, ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"],
      env={"PMI_RANK": "0", "PMI_SIZE": "2",
           "OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "3"})
check(launch(0, "dpc-fake-1") + good, ["MASTER_ADDR", "not set"],
      env={"TORCHELASTIC_RUN_ID": "x", "RANK": "0", "WORLD_SIZE": "2"})

# Data that goes away under a run.
for ranks in (0, 1):
    name = f"cut_while_read_{ranks}.npy"
    shutil.copy(path("x.npy"), path(name))
    check(launch(ranks, "dpc-fake-1") + arguments(x=name),
          [name, "cut short"], env={"FAKE_TRUNCATE": path(name)})

# A run mostly waits for its launcher.
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    failed = [text for text in pool.map(run_job, jobs) if text]

# A rank that does not come: the others have to answer in time, so nothing else runs.
count, jobs[:] = len(jobs), []
for stalled in (0, 1, 2):
    check(launch(3) + good + ["--timeout", "4"],
          ["loss: collective #0 (all_reduce, forward)", "'train', step 2",
           f"rank {1 if stalled == 0 else 0} waits for rank {stalled}, which does not answer"],
          env={"FAKE_STALL": str(stalled)})
failed += [text for text in map(run_job, jobs) if text]
count += len(jobs)
print("\n".join(failed))
print(f"{count} runs, {len(failed)} failed")
sys.exit(len(failed) > 0)
