#!/usr/bin/env python3
"""Installs and packs what was built, moves it and trains with it while the source tree is
hidden; then runs the executable where neither dpc nor compilers are.

usage: check_install.py BUILD SOURCE
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy as np

BUILD, SOURCE = (pathlib.Path(arg).resolve() for arg in sys.argv[1:3])

INSTALLED = {
    "bin/dpc", "lib/libdpc_runtime.a", "lib/libdpc_runtime_cuda.a",
    "share/dpc/export_torch.py",
    "share/doc/dpc/README.md", "share/doc/dpc/tools/README.md", "share/doc/dpc/copyright",
    "share/bash-completion/completions/dpc", "share/zsh/site-functions/_dpc",
}


def run(*command, **options):
    result = subprocess.run(
        [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=120, check=False, **options)
    if result.returncode:
        sys.exit(f"{command[0]} ended with {result.returncode}:\n{result.stdout}")
    return result.stdout


def run_without(hidden, script, folder):
    """Runs a shell script while the folders and files in `hidden` are empty."""
    unshare = ["unshare", "--mount"]
    if os.geteuid() != 0:
        unshare += ["--map-root-user"]
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode:
        print("no mount namespaces here: nothing is hidden")
        unshare, hidden = [], []
    lines = [f"mount -t tmpfs none '{path}'" if path.is_dir() else f"mount --bind /dev/null '{path}'"
             for path in hidden if path.exists()]
    return run(*unshare, "sh", "-e", "-c", "\n".join([*lines, script]), cwd=folder)


def list_files(prefix):
    return {str(path.relative_to(prefix)) for path in prefix.rglob("*") if path.is_file()}


def check_debian(package):
    if not shutil.which("dpkg-deb"):
        return
    needs = run("dpkg-deb", "--field", package, "Depends")
    for name in ("libmlir-22", "libllvm22", "g++", "libdnnl-dev", "zlib1g-dev"):
        assert name in needs, f"{name} is not in Depends: {needs}"
    assert "openmpi" not in needs, f"MPI is not needed: {needs}"
    contents = run("dpkg-deb", "--contents", package)
    for name in INSTALLED:
        # Where Debian's zsh looks for what packages bring.
        name = name.replace("site-functions", "vendor-completions")
        assert f" ./usr/{name}\n" in contents, f"{name} is not in the package"


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        run("cmake", "--install", BUILD, "--prefix", folder / "first")
        (folder / "first").rename(folder / "moved")
        missing = INSTALLED - list_files(folder / "moved")
        assert not missing, f"not installed: {missing}"

        run("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", folder / "packages",
            cwd=folder)
        (archive,) = (folder / "packages").glob("dpc-*.tar.gz")
        (package,) = (folder / "packages").glob("dpc_*.deb")
        check_debian(package)
        run("tar", "-C", folder, "-xzf", archive)
        (unpacked,) = folder.glob("dpc-*")
        assert list_files(unpacked) == list_files(folder / "moved")

        run(sys.executable, SOURCE / "models/make_mlp.py", "--out", folder)
        rows = np.random.default_rng(1)
        np.save(folder / "x.npy", rows.integers(0, 256, (20, 28, 28), np.uint8))
        np.save(folder / "y.npy", rows.integers(0, 10, 20))
        train = "--data image=x.npy --data label=y.npy --steps 2 --metrics m.jsonl"
        compile_run = f"""
            dpc=$PWD/{unpacked.name}/bin/dpc
            $dpc compile mlp.onnx -o mlp --strategy data --ranks 2 --batch 10 --loss ce
            $dpc run -n 2 mlp {train}
            mkdir links; ln -s $dpc links/dpc
            links/dpc compile mlp.onnx -o other --batch 10 --loss ce
            """
        run_without([BUILD, SOURCE], compile_run, folder)
        assert len((folder / "m.jsonl").read_text().splitlines()) == 2

        # What an executable needs is neither dpc nor a compiler.
        shutil.rmtree(folder / "moved")
        shutil.rmtree(unpacked)
        mpirun = "mpirun -q --oversubscribe --bind-to none"
        if os.geteuid() == 0:
            mpirun += " --allow-run-as-root"
        hidden = [BUILD, SOURCE, pathlib.Path("/usr/include"), pathlib.Path("/usr/lib/gcc"),
                  *pathlib.Path("/usr/lib").glob("llvm-*")]
        run_without(hidden, f"{mpirun} -n 2 ./mlp {train}", folder)
        assert (folder / "m.jsonl.1").exists()

        # Where there is no MPI, ranks do without, and one of mpirun says what it lacks.
        hidden += [path for path in pathlib.Path("/usr/lib").glob("*/libmpi.so.*") if not path.is_symlink()]
        by_hand = f"WORLD_SIZE=2 MASTER_ADDR=localhost MASTER_PORT=29517 ./mlp {train}"
        run_without(hidden, f"""
            RANK=1 {by_hand} & RANK=0 {by_hand}
            wait $!
            ! OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=2 ./mlp {train} 2> error
            # Where nothing could be hidden, it is there.
            test -s {hidden[-1]} && exit 0
            grep -q "^dpc: error: MPI: .*libmpi" error""", folder)
        assert (folder / "m.jsonl.2").exists()


main()
