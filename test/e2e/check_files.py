"""What `dpc` writes is whole or not there, and nothing else is harmed.

  check_files.py DPC MODEL FOLDER

Full disks need a mount of their own; where that is not allowed, they are left
out but for /dev/full.
"""

import hashlib
import os
import shutil
import stat
import subprocess
import sys

import onnx

dpc, model, folder = sys.argv[1:]
os.makedirs(folder)
os.chdir(folder)
shutil.copy(model, "m.onnx")
failures = []
OPTIONS = ["--batch", "8", "--loss", "softmax-cross-entropy"]


def run(*words, **options):
    return subprocess.run(words, capture_output=True, text=True, timeout=60, **options)


def content(path):
    with open(path, "rb") as file:
        return hashlib.md5(file.read()).hexdigest()


def fail(text, result):
    failures.append(f"{text}: exit {result.returncode}\n{result.stdout[:200]}{result.stderr}")


def refused(text, words, status, *texts, **options):
    """The command fails in one line and leaves the folder as it was."""
    before = {name: content(name) for name in os.listdir() if os.path.isfile(name)}
    result = run(*words, **options)
    lines = result.stderr.splitlines()
    if (result.returncode != status or len(lines) != 1 or not lines[0].startswith("dpc: error: ")
            or any(t not in lines[0] for t in texts)):
        fail(text, result)
    if before != {name: content(name) for name in os.listdir() if os.path.isfile(name)}:
        fail(text + ": files have changed", result)


def compile(*words):
    return [dpc, "compile", *words, *OPTIONS]


# An output that is an input or another output, under whatever name.
big = onnx.load("m.onnx")
onnx.save(big, "external.onnx", save_as_external_data=True, location="out.safetensors",
          size_threshold=16)
shutil.copy("out.safetensors", "weights")
os.remove("out.safetensors")
onnx.save(onnx.load("m.onnx"), "external2.onnx", save_as_external_data=True, location="weights2",
          size_threshold=16)
with open("pins", "w") as file:
    file.write("# nothing\n")
os.symlink("m.onnx", "link")
os.makedirs("folder")
os.link("m.onnx", "folder/hard")
os.rename("weights", "out.safetensors")
for out in ("m.onnx", "./m.onnx", "folder/../m.onnx", "link", "folder/hard", os.path.abspath("link")):
    refused(f"-o {out}", compile("m.onnx", "-o", out), 2, "-o", out, "the model")
    refused(f"--emit -o {out}", compile("m.onnx", "-o", out, "--emit", "plan"), 2, "the model")
os.remove("folder/hard")
refused("external data beside OUT", compile("external.onnx", "-o", "out"), 1, "weights")
refused("external data", compile("external2.onnx", "-o", "weights2", "--emit", "nn"), 1, "weights")
refused("constraints", compile("m.onnx", "-o", "pins", "--shardings", "pins"), 2, "--shardings")
os.symlink("both.safetensors", "both")
with open("both.safetensors", "w") as file:
    file.write("old")
refused("OUT is OUT.safetensors", compile("m.onnx", "-o", "both"), 2, "same file")

# Devices and pipes: written through, or refused.
os.mkfifo("fifo")
refused("executable to a pipe", compile("m.onnx", "-o", "fifo"), 2, "fifo")
refused("executable to a device", compile("m.onnx", "-o", "/dev/null"), 2, "/dev/null")
refused("executable to standard output", compile("m.onnx", "-o", "-"), 2, "standard output")
refused("a pipe without a reader", compile("m.onnx", "-o", "fifo", "--emit", "plan"), 1, "fifo",
        "nobody reads")
result = run(*compile("m.onnx", "-o", "/dev/null", "--emit", "plan"))
if result.returncode or result.stderr:
    fail("--emit to /dev/null", result)
plain = run(*compile("m.onnx", "--emit", "plan")).stdout
for words in (["-o", "/dev/stdout"], ["-o", "/proc/self/fd/1"], ["-o", "-"]):
    result = run(*compile("m.onnx", *words, "--emit", "plan"))
    if result.returncode or result.stdout != plain:
        fail(f"--emit {words}", result)
with open("log", "w") as log:
    log.write("before\n")
    log.flush()
    subprocess.run(compile("m.onnx", "-o", "/dev/stdout", "--emit", "plan"), stdout=log, check=True)
if open("log").read() != "before\n" + plain:
    failures.append("--emit to /dev/stdout replaced what was there")
reader = subprocess.Popen(["cat", "fifo"], stdout=subprocess.PIPE, text=True)
writer = None
for _ in range(50):
    writer = run(*compile("m.onnx", "-o", "fifo", "--emit", "plan"))
    if writer.returncode == 0:
        break
if writer.returncode or reader.communicate()[0] != plain:
    fail("--emit to a pipe", writer)
if not stat.S_ISFIFO(os.stat("fifo").st_mode) or not stat.S_ISCHR(os.stat("/dev/null").st_mode):
    failures.append("a device or a pipe was replaced")

# What a symbolic link leads to is written, and the link stays.
os.symlink("folder/real", "outlink")
open("folder/real", "w").close()
result = run(*compile("m.onnx", "-o", "outlink", "--emit", "plan"))
if not os.path.islink("outlink") or open("folder/real").read() != plain:
    fail("-o LINK", result)

# Names that begin with a dash.
shutil.copy("m.onnx", "-m.onnx")
for words in (["./-m.onnx", "-o", "-x"], ["-o", "-x", "--", "-m.onnx"], ["m.onnx", "--output=-x"]):
    result = run(*[dpc, "compile", *OPTIONS, *words])
    if result.returncode or not os.access("-x", os.X_OK) or not os.path.exists("-x.safetensors"):
        fail(f"compile {words}", result)
    for name in ("-x", "-x.safetensors"):
        if os.path.exists(name):
            os.rename(name, name.replace("-x", "-y"))
for words in (["--", "-y"], ["./-y"], ["-n", "1", "--", "-y"]):
    result = run(dpc, "run", *words, "--help")
    if result.returncode or "--data" not in result.stdout:
        fail(f"run {words}", result)

# Full disks, and readers that go away.
with open("/dev/full", "w") as full:
    for words in (compile("m.onnx", "--emit", "plan"), [dpc, "plan", "m.onnx", *OPTIONS],
                  [dpc, "plan", "m.onnx", *OPTIONS, "--json"], [dpc, "verify", "m.onnx", *OPTIONS],
                  [dpc, "compile", "--help"], ["./-y", "--plan"], ["./-y", "--help"]):
        result = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True)
        lines = result.stderr.splitlines()
        if result.returncode != 1 or len(lines) != 1 or "standard output" not in lines[0]:
            failures.append(f"{words} to a full disk: exit {result.returncode}\n{result.stderr}")
for words in (compile("m.onnx", "--emit", "llvm"), [dpc, "plan", "m.onnx", *OPTIONS, "--json"],
              ["./-y", "--plan"]):
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        errors = process.stderr.read()
    if process.returncode != 0 or errors:
        failures.append(f"{words} with a reader that goes away: {process.returncode} {errors}")
result = subprocess.run(["/bin/sh", "-c", 'ulimit -f 4; exec "$@"', "sh",
                         *compile("m.onnx", "-o", "limit", "--emit", "llvm")],
                        capture_output=True, text=True)
if result.returncode != 1 or "dpc: error: limit: " not in result.stderr or os.path.exists("limit"):
    fail("--emit past the limit of a file's size", result)
os.makedirs("small")
# LLVM's linker dies of the mapped file in some of the runs, which is tried more often.
for size in (16, 500, *[1500] * 8):
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", "small"],
                      capture_output=True).returncode:
        break
    try:
        for words in (["--emit", "llvm"], []) if size < 1500 else ([],):
            for name in os.listdir("small"):
                os.remove("small/" + name)
            with open("small/old", "w") as file:
                file.write("old")
            result = run(*compile("m.onnx", "-o", "small/old", *words))
            good = result.returncode == 0 or (
                result.returncode == 1 and len(result.stderr.splitlines()) == 1
                and result.stderr.startswith("dpc: error: small/old")
                and open("small/old").read() == "old" and os.listdir("small") == ["old"])
            if not good or (size == 16 and result.returncode == 0):
                fail(f"{words} to a disk of {size}k: {os.listdir('small')}", result)
    finally:
        subprocess.run(["umount", "small"], check=True)
left = [name for name in os.listdir() if "tmp" in name]
if left:
    failures.append(f"left behind: {left}")

print("\n".join(failures))
print(f"{len(failures)} failed")
sys.exit(len(failures) > 0)
