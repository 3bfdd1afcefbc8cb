"""Trains on what stands in for several GPUs with NCCL, and breaks it.

check_nccl.py DPC LIBRARY-FOLDER, in a folder of its own that holds what make_credit.py makes.
"""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time

DPC, LIBRARY = sys.argv[1:]
DATA = ("--data", "features=credit-test-features.npy", "--data", "label=credit-test-labels.npy", "--seed", "7")
LAUNCHERS = ("OMPI_", "PMI", "SLURM", "TORCHELASTIC", "DPC_", "RANK", "WORLD_SIZE", "LOCAL_", "MASTER_", "CUDA_")
PLAIN = {name: value for name, value in os.environ.items() if not name.startswith(LAUNCHERS)}


def compile_model(name, mesh, *options, target="cuda"):
    subprocess.run([DPC, "compile", "credit.onnx", "--loss", "binary-cross-entropy", "--batch", "64", "--optimizer",
                    "adam", "--mesh", mesh, *options, "--target", target, "-o", name],
                   check=True, timeout=120, stdout=subprocess.DEVNULL)


def environment(ranks, **variables):
    return PLAIN | {"LD_LIBRARY_PATH": LIBRARY, "DPC_HOSTCUDA_DEVICES": str(ranks), "DPC_CUBLASLT": "off"} | variables


def run(name, ranks, steps=3, words=(), transport="tcp", **variables):
    return subprocess.run([DPC, "run", "--transport", transport, "-n", str(ranks), f"./{name}", *DATA, "--steps",
                           str(steps), "--metrics", f"{name}.jsonl", *words],
                          capture_output=True, text=True, timeout=120, check=False,
                          env=environment(ranks, **variables))


def losses(name):
    return [json.loads(line)["loss"] for line in pathlib.Path(f"{name}.jsonl").read_text().splitlines()]


def same_losses(label, name, ranks, mesh, *options, **variables):
    compile_model("cpu", mesh, *options, target="cpu")
    compile_model(name, mesh, *options)
    results = []
    for program in ("cpu", name):
        done = run(program, ranks, transport="mpi", **variables)
        assert done.returncode == 0, (label, done.stderr)
        results.append(losses(program))
    for one, other in zip(*results, strict=True):
        assert abs(one - other) <= 1e-5 * abs(one), (label, results)
    print(f"{label}: {len(results[0])} losses agree")
    return done


counted = 0


def one_line(what, done, *patterns, status=1):
    """One line on standard error, besides those of the stand-in."""
    global counted
    lines = [line for line in done.stderr.splitlines() if not line.startswith("hostcuda: ")]
    assert done.returncode == status and len(lines) == 1 and lines[0].startswith("dpc: error: "), (what, done)
    for pattern in patterns:
        assert re.search(pattern, lines[0]), (what, pattern, lines[0])
    counted += 1


def check_faults():
    collective = r"dpc: error: \S+: collective #\d+ \(\w+, \w+\) of program 'train', step \d, "
    after = collective + r"has not finished after 2 s: rank 0 waits for rank 1, which "

    def broken(fault, *patterns, name="zero", **variables):
        start = time.monotonic()
        one_line(fault, run(name, 2, words=("--timeout", "2"), DPC_HOSTCUDA_NCCL=fault, **variables), *patterns)
        assert time.monotonic() - start < 15, fault

    done = run("zero", 2, words=("--timeout", "20"), DPC_HOSTCUDA_NCCL="late:1:3:1.5")
    assert done.returncode == 0 and not done.stderr, done
    broken("lost:1:3", after + r"waits in collective #.*bytes of f32, number 3 among ranks 0, 1")
    plan = json.loads(subprocess.run(["./zero", "--plan"], capture_output=True, check=True).stdout)
    second = 1 + len(next(one for one in plan["programs"] if one["name"] == "train")["collectives"])
    broken(f"absent:1:{second}", after + r"has not joined: it waits in ")
    broken("hang:1:3", after)
    broken("error:1:4", collective + r"failed: a collective failed on rank 0: remote process exited")
    broken("init-hang:1", r"--timeout: after 2 s, rank 0 still waits in the start of NCCL for rank 1")
    # Nothing can end what does not return.
    done = run("zero", 2, words=("--timeout", "2"), DPC_HOSTCUDA_NCCL="hang:1:100000")
    assert done.returncode == 1 and "rank 1 still waits in NCCL's end" in done.stderr, done


def by_hand(ranks, *words, each=lambda rank: {}, started=None, port=None, stop=None):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = port or probe.getsockname()[1]
    processes = []
    for rank in started or range(ranks):
        variables = {"RANK": str(rank), "WORLD_SIZE": str(ranks), "LOCAL_RANK": str(rank), "MASTER_ADDR": "127.0.0.1",
                     "MASTER_PORT": str(port), "DPC_TOKEN": "swordfish", **each(rank)}
        processes.append(subprocess.Popen(["./zero", *DATA, "--steps", "200", "--quiet", "--timeout", "2", *words],
                                          env=environment(ranks, **variables), stdout=subprocess.DEVNULL,
                                          stderr=subprocess.PIPE, text=True))
    try:
        if stop is not None:
            time.sleep(2)
            processes[stop].send_signal(signal.SIGSTOP)
            text = processes[1 - stop].communicate(timeout=30)[1]
            return subprocess.CompletedProcess("", processes[1 - stop].returncode, "", text)
        texts = [process.communicate(timeout=30)[1] for process in processes]
        return subprocess.CompletedProcess("", processes[0].returncode, "", "".join(texts))
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
            process.communicate()


def check_starts():
    one_line("more ranks than GPUs", by_hand(2, each=lambda _: {"CUDA_VISIBLE_DEVICES": "0"}),
             "is 1, but this machine shows 1 GPU, and each rank needs one of its own")
    done = by_hand(2, each=lambda _: {"LOCAL_RANK": "0"})
    assert "LOCAL_RANK: rank 1 has the number 0 on its machine, which another rank there has" in done.stderr, done
    one_line("one GPU by mistake", by_hand(2, each=lambda rank: {"CUDA_VISIBLE_DEVICES": "1,0" if rank else "0,1"}),
             r"GPU: ranks 0 and 1 have the same one \(UUID \w+ of ")
    one_line("a stopped rank", by_hand(2, stop=1), r"rank 1, which is stopped|rank 1 is stopped")
    one_line("more ranks than planned", by_hand(3), r"started on 3 ranks but the plan has 2")
    one_line("a peer that never comes", by_hand(2, started=[0]), r"rank 1")
    one_line("two ranks in one", by_hand(2, started=[0], each=lambda _: {"OMPI_COMM_WORLD_RANK": "1",
                                                                          "OMPI_COMM_WORLD_SIZE": "2"}),
             "says rank 1 of 2 but WORLD_SIZE says rank 0 of 2; start with one launcher only")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        one_line("a port in use", by_hand(2, started=[0], port=other.getsockname()[1]), r"port|in use")
    one_line("little memory", run("zero", 2, DPC_HOSTCUDA_MEMORY="100000000"),
             r"this rank needs \d+ bytes of its GPU \(hostcuda\) and about 154140672 more for libraries, "
             r"of whose 100000000 bytes \d+ are free")


def main():
    same_losses("pipe=2", "pipe", 2, "pipe=2", "--microbatches", "4")
    same_losses("data=2,pipe=2", "both", 4, "data=2,pipe=2", "--microbatches", "2", DPC_HOSTCUDA_SEED="2")
    done = same_losses("data=2, through the host", "zero", 2, "data=2", "--zero-stage", "3", DPC_NCCL="off")
    note = "note: collectives go through the host's memory, slowly: on rank 0 "
    assert note + "DPC_NCCL is off; unset it" in done.stdout, done.stdout
    folder = pathlib.Path("without-nccl")
    folder.mkdir()
    # Where the system has one, it is not taken.
    (folder / "libnccl.so.2").write_text("none")
    for name in ("libcuda.so.1", "libcublasLt.so.13"):
        (folder / name).symlink_to(pathlib.Path(LIBRARY) / name)
    done = run("zero", 2, LD_LIBRARY_PATH=str(folder))
    assert done.returncode == 0 and note + "libnccl.so.2 cannot be opened" in done.stdout, done
    done = run("zero", 2, DPC_HOSTCUDA_NCCL_VERSION="21203")
    assert done.returncode == 0 and note + "libnccl.so.2 is version 2.12.3, but 2.18" in done.stdout, done

    # Two of which no kernel reads at once what the first one brings: that would be found, too, and
    # maybe first.
    done = run("zero", 2, DPC_HOSTCUDA_NCCL="swap:1:9")
    assert done.returncode == 1, done
    assert re.search(r"hostcuda: error: collective: operation \d+ of communicator 0 is \w+ of \d+ \w+ .*on rank \d and "
                     r"\w+ of \d+ .*on rank \d", done.stderr), done
    print("swapped collectives are found")
    check_faults()
    check_starts()
    print(f"{counted} refusals and failures in one line each")


main()
