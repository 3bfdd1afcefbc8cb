"""Parquet files beside tables of text with the same cells.

make_parquet.py FOLDER: table.parquet and others of table.csv, which make_data.py made;
mixed.csv and mixed.parquet with columns of many types; others that are refused.
"""

import csv
import datetime
import decimal
import pathlib
import random
import sys

import pyarrow as pa
import pyarrow.parquet as pq

folder = pathlib.Path(sys.argv[1])


def save(name, table, **options):
    pq.write_table(table, folder / name, **options)


with open(folder / "table.csv", newline="") as file:
    header, *rows = csv.reader(file)
columns = dict(zip(header, zip(*rows)))
numbers = {name: [float(cell) for cell in columns[name]] for name in "abcd"}
table = pa.table({**numbers, "label": pa.array([int(cell) for cell in columns["label"]], pa.int32()),
                  "id": columns["id"]})
# Groups of rows that no batch ends with, and pages that no group ends with.
save("table.parquet", table, row_group_size=7, data_page_size=64)
for part, begin, end in ((0, 0, 20), (1, 20, 43)):
    save(f"part-{part}.parquet", table.slice(begin, end - begin), row_group_size=11,
         compression="zstd", data_page_version="2.0", use_dictionary=False)

random.seed(1)
ROWS = 60


def draw(make):
    return [make() if random.random() > 0.2 else None for _ in range(ROWS)]


def single():
    return pa.scalar(random.random(), pa.float32()).as_py()


cells = {
    "age": pa.array(draw(lambda: random.randrange(18, 90)), pa.int16()),
    "city": pa.array(draw(lambda: random.choice(["Bern", "Rom, \"R\"", "Zürich"]))).dictionary_encode(),
    "rate": pa.array([single() for _ in range(ROWS)], pa.float32()),
    "flag": pa.array(draw(lambda: random.random() > 0.5), pa.bool_()),
    "money": pa.array(draw(lambda: decimal.Decimal(random.randrange(-99999, 99999)).scaleb(-2)),
                      pa.decimal128(30, 2)),
    "small": pa.array([decimal.Decimal(random.randrange(-9, 9)).scaleb(-1) for _ in range(ROWS)],
                      pa.decimal128(3, 1)),
    "count": pa.array([random.randrange(2**32) for _ in range(ROWS)], pa.uint32()),
    "key": pa.array([random.choice([3, 2**63 + 5]) for _ in range(ROWS)], pa.uint64()),
    "klass": pa.array([random.randrange(3) for _ in range(ROWS)], pa.int64()),
}


def text(cell):
    if isinstance(cell, bool):
        return str(cell).lower()
    return "" if cell is None else str(cell)


with open(folder / "mixed.csv", "w", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(cells)
    writer.writerows(map(text, row) for row in zip(*(cells[name].to_pylist() for name in cells)))
cells["when"] = pa.array([datetime.datetime(2020, 1, 1)] * ROWS, pa.timestamp("us"))
cells["list"] = pa.array([[1, 2]] * ROWS)
cells["pair"] = pa.array([{"a": 1}] * ROWS)
save("mixed.parquet", pa.table(cells), row_group_size=17, compression="gzip",
     store_decimal_as_integer=True)
save("empty.parquet", table.slice(0, 0))
