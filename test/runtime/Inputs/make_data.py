"""Writes the data files of the runtime's tests into a folder.

Good ones: x.npy (43 rows), label.npy (i32) and other types, eval_x.npy,
eval_label.npy (17 rows), params.safetensors. Hostile ones: bad_*.
Uses the standard library only, so that each byte is under control.
"""

import gzip
import json
import os
import struct
import sys

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)

CODES = {
    "<f4": "f", "<f8": "d", "<i4": "i", "<i8": "q", "|u1": "B", "|i1": "b",
    ">f4": "f", "<u8": "Q",
}


def save(name, data):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)


def npy_raw(text, payload, version=1):
    text = text.encode()
    size = 10 if version == 1 else 12
    text += b" " * ((-size - len(text) - 1) % 64) + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text + payload


def npy(descr, shape, values, fortran=False, version=1):
    order = ">" if descr[0] == ">" else "<"
    payload = struct.pack(f"{order}{len(values)}{CODES[descr]}", *values)
    text = f"{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape!r}, }}"
    return npy_raw(text, payload, version)


def idx(code, char, shape, values):
    head = bytes([0, 0, code, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
    return head + struct.pack(f">{len(values)}{char}", *values)


def safetensors(tensors, extra=b""):
    header, payload = {}, b""
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {
            "dtype": dtype, "shape": shape,
            "data_offsets": [len(payload), len(payload) + len(data)],
        }
        payload += data
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + payload + extra


def zstd(data):
    """A frame of stored blocks."""
    frame = struct.pack("<IBI", 0xFD2FB528, 0xA0, len(data))
    for start in range(0, len(data), 100):
        block = data[start:start + 100]
        frame += struct.pack("<I", len(block) << 3 | (start + 100 >= len(data)))[:3] + block
    return frame


state = 12345


def random():
    global state
    state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
    return (state >> 33) / 2**31 - 0.5


def rows(count):
    x, label = [], []
    for _ in range(count):
        row = [random() for _ in range(4)]
        scores = [row[0] + row[1], row[2] - row[0], row[3] - row[2]]
        x += row
        label.append(scores.index(max(scores)))
    return x, label


x, label = rows(43)
save("x.npy", npy("<f4", (43, 2, 2), x))
save("x_flat.npy", npy("<f4", (43, 4), x, version=2))
save("x_ones.npy", npy("<f4", (43, 1, 2, 1, 2), x, version=3))
save("x.npy.gz", gzip.compress(npy("<f4", (43, 2, 2), x)))
save("x.idx", idx(0x0D, "f", (43, 2, 2), x))
save("x.idx.gz", gzip.compress(idx(0x0D, "f", (43, 2, 2), x)))
save("part-x-0.npy", npy("<f4", (20, 2, 2), x[:80]))
save("part-x-1.npy", npy("<f4", (23, 2, 2), x[80:]))
save("data.safetensors", safetensors({"label": ("I32", [43], struct.pack("<43i", *label))}))
save("x.npy.zst", zstd(npy("<f4", (43, 2, 2), x)))
table = [[repr(cell) for cell in x[4 * row:4 * row + 4]] + [str(label[row]), f"id {row}"]
         for row in range(43)]


def csv(rows):
    return "\r\n".join(",".join(cells) for cells in [["a", "b", "c", "d", "label", "id"], *rows])


save("table.csv", csv(table).encode())
save("table.csv.gz", gzip.compress(csv(table).encode()))
broken = [list(cells) for cells in table]
broken[17][2] = "much"
save("broken_cell.csv", csv(broken).encode())
broken[17] = broken[17][:-1]
save("broken_line.csv", csv(broken).encode())
save("broken_text.csv", b"\x00\x01 no table")
save("table.parquet", b"PAR1" + bytes(100))
save("nan_x.npy", npy("<f4", (43, 2, 2), x[:69] + [float("nan")] + x[70:]))
save("label.npy", npy("<i4", (43,), label))
save("label_i64.npy", npy("<i8", (43, 1), label))
save("label_f32.npy", npy("<f4", (43,), label))
save("label.idx.gz", gzip.compress(idx(0x08, "B", (43,), label)))
save("label_ignored.npy", npy("<i8", (43,), [-1] + label[1:]))
eval_x, eval_label = rows(17)
save("eval_x.npy", npy("<f4", (17, 2, 2), eval_x))
save("eval_label.npy", npy("<i4", (17,), eval_label))
w = [0.1 * random() for _ in range(12)]
w_bytes, b_bytes = struct.pack("<12f", *w), struct.pack("<3f", 0, 0, 0)
params = {"W": ("F32", [4, 3], w_bytes), "b": ("F32", [3], b_bytes)}
save("params.safetensors", safetensors(params))

# Hostile data.
good = npy("<f4", (43, 2, 2), x)
save("bad_empty.npy", b"")
save("bad_text.npy", b"1.0, 2.0, 3.0\n" * 20)
save("bad_magic_only.npy", good[:6])
save("bad_header_cut.npy", good[:40])
save("bad_cut.npy", good[:-7])
save("bad_long.npy", good + b"xxxx")
save("bad_overflow.npy", npy("<f4", (2**40, 2**40, 2**40), x))
save("bad_overflow64.npy", npy_raw(
    "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 2), }", b""))
save("bad_lies.npy", npy("<f4", (1000000, 2, 2), x))
save("bad_fortran.npy", npy("<f4", (43, 2, 2), x, fortran=True))
save("bad_big_endian.npy", npy(">f4", (43, 2, 2), x))
save("bad_dtype.npy", npy("<f8", (43, 2, 2), x))
save("bad_object.npy", npy_raw("{'descr': '|O', 'fortran_order': False, 'shape': (43,), }", b""))
save("bad_struct.npy", npy_raw(
    "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (43,), }", b""))
save("bad_dict.npy", npy_raw("{'descr': '<f4', 'shape': (43, 4), }", b""))
save("bad_version.npy", good[:6] + b"\x09" + good[7:])
save("bad_newline.npy", npy_raw(
    "{'descr': '<\nf4', 'fortran_order': False, 'shape': (43,), }", b""))
save("bad_shape.npy", npy("<f4", (43, 5), x + x[:43]))
save("bad_scalar.npy", npy("<f4", (), [1.0]))
save("bad_few.npy", npy("<f4", (9, 4), x[:36]))
save("bad_few_label.npy", npy("<i4", (9,), label[:9]))
save("bad_no_rows.npy", npy("<f4", (0, 4), []))
save("bad_rows.npy", npy("<i4", (42,), label[:42]))
save("bad_label.npy", npy("<i4", (43,), label[:37] + [7] + label[38:]))
save("bad_label_negative.npy", npy("<i4", (43,), label[:5] + [-2] + label[6:]))
save("bad_label_half.npy", npy("<f4", (43,), label[:11] + [0.5] + label[12:]))
save("bad_label_nan.npy", npy("<f4", (43,), label[:11] + [float("nan")] + label[12:]))
save("bad_label_huge.npy", npy("<u8", (43,), label[:42] + [2**63 + 1]))
save("bad_idx_cut.idx", idx(0x0D, "f", (43, 2, 2), x)[:-1])
save("bad_idx_header.idx", idx(0x0D, "f", (43, 2, 2), x)[:9])
save("bad_idx_type.idx", bytes([0, 0, 7, 1, 0, 0, 0, 1, 0]))
save("bad_idx_overflow.idx", bytes([0, 0, 0x0E, 5]) + b"\xff" * 20)
packed = gzip.compress(good)
save("bad_gz_cut.npy.gz", packed[:-20])
save("bad_gz_flip.npy.gz", packed[:-6] + bytes([packed[-6] ^ 1]) + packed[-5:])
save("bad_gz_tail.npy.gz", packed + b"tail")
save("bad_gz_empty.npy.gz", gzip.compress(b""))
save("bad_gz_lies.npy.gz", gzip.compress(npy("<f4", (10**12, 2, 2), x)))
packed = zstd(good)
save("bad_zst_cut.npy.zst", packed[:-20])
save("bad_zst_flip.npy.zst", packed[:9] + bytes([packed[9] | 6]) + packed[10:])
save("bad_zst_long.npy.zst", zstd(good + b"more"))
save("bad_zst_lies.npy.zst", zstd(npy("<f4", (10**9, 2, 2), x)))
save("bad_gz_short.npy.gz", gzip.compress(good[:-4]))
save("bad_gz_long.npy.gz", gzip.compress(good + b"more"))

# Hostile parameters.
whole = safetensors(params)
save("bad_params_empty.safetensors", b"")
save("bad_params_text.safetensors", b"hello, world, this is text")
save("bad_params_cut.safetensors", whole[:-5])
save("bad_params_header.safetensors", whole[:30])
save("bad_params_huge.safetensors", struct.pack("<Q", 2**63) + whole[8:])
save("bad_params_tail.safetensors", safetensors(params, b"x"))
save("bad_params_json.safetensors", whole[:8] + whole[8:].replace(b'"dtype"', b'"dtype,', 1))
save("bad_params_name.safetensors", safetensors({"W": params["W"]}))
save("bad_params_dtype.safetensors", safetensors(
    {"W": ("F64", [4, 3], struct.pack("<12d", *w)), "b": params["b"]}))
save("bad_params_shape.safetensors", safetensors(
    {"W": ("F32", [3, 4], w_bytes), "b": params["b"]}))
save("bad_params_size.safetensors", safetensors(
    {"W": ("F32", [4, 4], w_bytes), "b": params["b"]}))
save("bad_params_nan.safetensors", safetensors(
    {"W": params["W"], "b": ("F32", [3], struct.pack("<3f", 0, float("nan"), 0))}))
deep = b'{"a":' * 1000 + b"1" + b"}" * 1000
save("bad_params_deep.safetensors", struct.pack("<Q", len(deep)) + deep)
twice = (b'{"b":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},'
         b'"b":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}')
save("bad_params_twice.safetensors", struct.pack("<Q", len(twice)) + twice + b_bytes)
for name, begin, end in (("overlap", 40, 52), ("outside", 48, 1000), ("backwards", 60, 48)):
    header = json.dumps({
        "W": {"dtype": "F32", "shape": [4, 3], "data_offsets": [0, 48]},
        "b": {"dtype": "F32", "shape": [3], "data_offsets": [begin, end]},
    }).encode()
    save(f"bad_params_{name}.safetensors",
         struct.pack("<Q", len(header)) + header + w_bytes + b_bytes)
