"""--init-from takes parameters from a checkpoint, a safetensors file or an ONNX file.

  check_init_from.py DPC MODEL DATA FOLDER

MODEL is the MLP, DATA the folder of make_data.py.
"""

import json
import pathlib
import struct
import subprocess
import sys

import numpy

from check_resume import call, read_file

TYPES = {"F32": "f4", "F64": "f8", "F16": "f2"}


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120)


def write(path, tensors):
    header, data = {}, b""
    for name, array in tensors.items():
        dtype = next(key for key, value in TYPES.items() if numpy.dtype(value) == array.dtype)
        header[name] = {"dtype": dtype, "shape": list(array.shape),
                        "data_offsets": [len(data), len(data) + array.nbytes]}
        data += array.tobytes()
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main():
    dpc, model, data, folder = sys.argv[1:]
    folder = pathlib.Path(folder)
    folder.mkdir(exist_ok=True)
    plans = {"single": ["--strategy", "single"], "zero": ["--strategy", "zero", "--zero-stage", "3", "--ranks", "3"],
             "pipe": ["--mesh", "pipe=2", "--microbatches", "2"]}
    files = ["--data", f"image={data}/images.npy", "--data", f"label={data}/labels.npy"]
    for name, options in plans.items():
        call(dpc, "compile", model, "-o", folder / name, "--batch", "10", "--optimizer", "adam",
             "--loss", "softmax-cross-entropy", *options)
    trained = folder / "trained.safetensors"
    call(dpc, "run", folder / "zero", *files, "--steps", "8", "--save-safetensors", trained,
         "--save-onnx", folder / "trained.onnx", "--checkpoint", folder / "checkpoints")
    wanted = read_file(trained)[0]

    def start(name, source, quiet=()):
        out = folder / "out.safetensors"
        text = call(dpc, "run", folder / name, *files, "--steps", "0", "--save-safetensors", out,
                    "--init-from", source, *quiet)
        return read_file(out)[0], text

    for name in plans:
        for source in ("checkpoints", "checkpoints/step-00000008", "trained.onnx", "trained.safetensors"):
            found, text = start(name, folder / source)
            assert "4 of 4 parameters\n" in text, text
            assert all((found[key] == wanted[key]).all() for key in wanted), (name, source)

    # Another head, a parameter in another precision, and one that is not known.
    initial = read_file(folder / "single.safetensors")[0]
    other = dict(wanted)
    other["fc2.weight"] = numpy.zeros((7, 128), "f4")
    del other["fc2.bias"]
    other["fc1.bias"] = other["fc1.bias"].astype("f8")
    other["extra"] = numpy.zeros(3, "f4")
    write(folder / "other.safetensors", other)
    for name in plans:
        found, text = start(name, folder / "other.safetensors")
        assert ("2 of 4 parameters; as compiled: fc2.weight (f32[7, 128] there, f32[10, 128] here), fc2.bias; "
                "of no use here: extra\n") in text, text
        for key in wanted:
            assert (found[key] == (wanted if key.startswith("fc1") else initial)[key]).all(), key

    write(folder / "stranger.safetensors", {"a": numpy.zeros(3, "f4")})
    (folder / "cut.onnx").write_bytes((folder / "trained.onnx").read_bytes()[:-1000])
    (folder / "empty").mkdir(exist_ok=True)
    for source, text in (("stranger.safetensors", "has none of the model's parameters"),
                         ("cut.onnx", "damaged"), ("empty", "holds no checkpoint"), ("nothing", "No such file")):
        for name in ("single", "zero"):
            done = run(dpc, "run", folder / name, *files, "--steps", "0", "--init-from", folder / source)
            lines = done.stderr.splitlines()
            assert done.returncode == 1 and len(lines) == 1 and text in lines[0], (source, done)


if __name__ == "__main__":
    main()
