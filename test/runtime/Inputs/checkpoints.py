"""Checkpoints as their format says, read and changed without dpc."""

import json
import pathlib
import re
import struct

WORD = (1 << 64) - 1
PRIME_A, PRIME_B = 0x9e3779b185ebca87, 0xc2b2ae3d27d4eb4f


def rotate(value, count):
    return (value << count | value >> (64 - count)) & WORD


def hash_of(content):
    """That of dialects/Support/Hash.h, as 16 digits."""
    lanes = list(range(1, 9))
    padded = content + bytes(64 - len(content) % 64)
    for at in range(0, len(padded), 64):
        for i, word in enumerate(struct.unpack_from("<8Q", padded, at)):
            lanes[i] = rotate((lanes[i] + word * PRIME_B) & WORD, 31) * PRIME_A & WORD
    result = len(content)
    for lane in lanes:
        result = (result ^ lane) * PRIME_A & WORD
        result ^= result >> 29
    return f"{result or 1:016x}"


def sign(text):
    """A manifest, given as an object's text without a hash, with the right one."""
    rest = text.lstrip()[1:]
    return f'{{"hash": "{hash_of(rest.encode())}",{rest}'


def read_manifest(folder):
    """The manifest of a checkpoint without its hash, which must be right."""
    text = (pathlib.Path(folder) / "manifest.json").read_text()
    match = re.match(r'\{"hash": "([0-9a-f]{16})",', text)
    assert match and hash_of(text[match.end():].encode()) == match[1], f"{folder}: another hash"
    return json.loads("{" + text[match.end():])


def write_manifest(folder, manifest):
    text = manifest if isinstance(manifest, str) else json.dumps(manifest)
    (pathlib.Path(folder) / "manifest.json").write_text(sign(text))


def list_steps(folder):
    """The names of a folder's checkpoints, the oldest first."""
    if not pathlib.Path(folder).exists():
        return []
    return sorted(path.name for path in pathlib.Path(folder).iterdir() if re.fullmatch(r"step-\d{8}", path.name))


def check_whole(folder):
    """That what is called a checkpoint is one, each byte of it."""
    folder = pathlib.Path(folder)
    manifest = read_manifest(folder)
    assert folder.name == f"step-{manifest['step']:08}", f"{folder}: of step {manifest['step']}"
    files = [(folder / f"rank-{i:05}.safetensors").read_bytes() for i in range(len(manifest["files"]))]
    for content, file in zip(files, manifest["files"]):
        assert len(content) == file["bytes"], f"{folder}: a file is not whole"
        assert hash_of(content[:file["header_bytes"]]) == file["header"], f"{folder}: another header"
    width = {"f32": 4, "f64": 8, "f16": 2, "bf16": 2, "i64": 8, "i32": 4, "i8": 1, "u8": 1, "i1": 1}
    for tensor in manifest["tensors"]:
        for part in tensor["parts"]:
            size = width[tensor["dtype"]]
            for extent in part["shape"]:
                size *= extent
            content = files[part["file"]][part["offset"]:part["offset"] + size]
            assert hash_of(content) == part["hash"], f"{folder}: another {tensor['name']}"


def read_state(folder):
    """What a checkpoint holds, to be compared with another one of the same plan."""
    folder = pathlib.Path(folder)
    return {path.name: path.read_bytes() for path in sorted(folder.glob("rank-*"))}
