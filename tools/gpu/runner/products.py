"""Matrix products: the algorithm that cuBLASLt's heuristics name first, which the programs take,
beside the fastest of those that they name."""

import ctypes
import statistics

import trace
from driver import Driver, DriverError
from session import OutOfTime

GOAL = 0.98
MOST = 16
# What the search for the fastest may use; the programs' own size is the product's.
WORKSPACE = 64 << 20
TYPES = {"f32": (0, 4), "f16": (2, 2), "bf16": (14, 2)}
COMPUTE = {"f32": 68, "tf32": 77}
TRANS_A, TRANS_B, BATCH, STRIDE, MAX_WORKSPACE = 3, 4, 5, 6, 1
EPILOGUE, BIAS_POINTER, AUX_POINTER, AUX_LEADING = 7, 8, 11, 12
# CUBLASLT_EPILOGUE_* of what a form names, as the runtime has it: its A is the program's B.
EPILOGUES = {"bias": 4, "relu": 2, "gelu": 32, "keep": 128, "gelu_gradient": 64 | 128, "sum_result": 16, "sum_a": 512,
             "sum_b": 256}
VECTORS, MATRICES = {"bias", "sum_result", "sum_a", "sum_b"}, {"keep", "gelu_gradient"}


class Choice(ctypes.Structure):
    """cublasLtMatmulHeuristicResult_t."""
    _fields_ = [("algorithm", ctypes.c_uint64 * 8), ("workspace", ctypes.c_size_t), ("state", ctypes.c_int),
                ("waves", ctypes.c_float), ("reserved", ctypes.c_int * 4)]


def load():
    for name in ("libcublasLt.so.13", "libcublasLt.so.12"):
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return None


class Library:
    def __init__(self):
        self.library = load()
        if self.library is None:
            raise DriverError("libcublasLt is not there")
        self.handle = ctypes.c_void_p()
        self.call("cublasLtCreate", ctypes.byref(self.handle))

    def call(self, name, *arguments):
        status = getattr(self.library, name)(*arguments)
        if status:
            raise DriverError(f"{name}: status {status}")

    def set(self, description, attribute, value):
        self.call("cublasLtMatmulDescSetAttribute", description, attribute, ctypes.byref(value),
                  ctypes.c_size_t(ctypes.sizeof(value)))

    def layout(self, kind, rows, columns, batch):
        layout, stride = ctypes.c_void_p(), ctypes.c_int64(rows * columns)
        self.call("cublasLtMatrixLayoutCreate", ctypes.byref(layout), kind, ctypes.c_uint64(rows),
                  ctypes.c_uint64(columns), ctypes.c_int64(rows))
        count = ctypes.c_int32(batch)
        self.call("cublasLtMatrixLayoutSetAttribute", layout, BATCH, ctypes.byref(count), ctypes.c_size_t(4))
        self.call("cublasLtMatrixLayoutSetAttribute", layout, STRIDE, ctypes.byref(stride), ctypes.c_size_t(8))
        return layout

    def find(self, description, layouts, workspace, most):
        preference = ctypes.c_void_p()
        self.call("cublasLtMatmulPreferenceCreate", ctypes.byref(preference))
        size = ctypes.c_uint64(workspace)
        self.call("cublasLtMatmulPreferenceSetAttribute", preference, MAX_WORKSPACE, ctypes.byref(size),
                  ctypes.c_size_t(8))
        choices, found = (Choice * most)(), ctypes.c_int()
        left, right, result = layouts
        self.call("cublasLtMatmulAlgoGetHeuristic", self.handle, description, left, right, result, result,
                  preference, most, choices, ctypes.byref(found))
        self.call("cublasLtMatmulPreferenceDestroy", preference)
        return [choices[i] for i in range(found.value) if choices[i].state == 0]


def measure_one(driver, library, product, settings, tell):
    """Row-major C = A B is column-major C^T = B^T A^T, as the runtime has it."""
    kind, size = TYPES[product["type"]]
    batch, m, n, k = (product[key] for key in ("batch", "m", "n", "k"))
    parts = set(product["form"].split()[1:])
    description = ctypes.c_void_p()
    compute = COMPUTE["tf32" if product["precision"] == "tf32" or "tf32" in parts else "f32"]
    library.call("cublasLtMatmulDescCreate", ctypes.byref(description), compute, 0)
    library.set(description, TRANS_A, ctypes.c_int32(product["transB"]))
    library.set(description, TRANS_B, ctypes.c_int32(product["transA"]))
    library.set(description, EPILOGUE, ctypes.c_uint32(sum(EPILOGUES.get(part, 0) for part in parts) or 1))
    layouts = [library.layout(kind, *((k, n) if product["transB"] else (n, k)), batch),
               library.layout(kind, *((m, k) if product["transA"] else (k, m)), batch),
               library.layout(kind, n, m, batch)]
    one, zero = ctypes.c_float(1), ctypes.c_float(0)
    sizes = [size * batch * count for count in (m * k, k * n, m * n)]
    vector = size * max(m, n) if parts & VECTORS else 0
    extra = size * m * n if parts & MATRICES else 0
    with driver.stream() as stream, driver.memory(sizes[0]) as a, driver.memory(sizes[1]) as b, \
            driver.memory(sizes[2]) as c, driver.memory(settings["workspace"]) as workspace, \
            driver.memory(max(vector, 1)) as bias, driver.memory(max(extra, 1)) as aux:
        if vector:
            driver.fill(bias, 0x3C, vector, stream)
            library.set(description, BIAS_POINTER, ctypes.c_uint64(bias))
        if extra:
            driver.fill(aux, 0x3C, extra, stream)
            library.set(description, AUX_POINTER, ctypes.c_uint64(aux))
            library.set(description, AUX_LEADING, ctypes.c_int64(n))
        # Zeros take less power than numbers; a byte repeated is a small number in all types.
        for address, count in ((a, sizes[0]), (b, sizes[1])):
            driver.fill(address, 0x3C, count, stream)

        def multiply(choice):
            library.call("cublasLtMatmul", library.handle, description, ctypes.byref(one), ctypes.c_uint64(b),
                         layouts[0], ctypes.c_uint64(a), layouts[1], ctypes.byref(zero), ctypes.c_uint64(c),
                         layouts[2], ctypes.c_uint64(c), layouts[2], choice.algorithm, ctypes.c_uint64(workspace),
                         ctypes.c_size_t(settings["workspace"]), stream)

        def time(choice):
            work = lambda: multiply(choice)  # noqa: E731
            once = driver.time(work, stream, 1)
            repeats = 1 if settings["quick"] else max(3, min(50, int(5000 / max(once, 1))))
            return statistics.median(driver.time(work, stream, repeats) for _ in range(3))

        first = library.find(description, layouts, product["workspace"], 1)
        if not first:
            tell(**product, ok=True, note="the heuristics know no algorithm for it")
            return
        choices = library.find(description, layouts, settings["workspace"], MOST)
        times = [time(choice) for choice in choices]
        # Behind the others, when the card is as warm.
        taken = min(time(first[0]), time(first[0]))
        best = min([*times, taken])
    flops = 2 * batch * m * n * k
    tell(**product, us=round(taken, 2), best_us=round(best, 2), tried=len(times),
         tflop_per_s=round(flops / taken / 1e6, 2) if taken else None, of_best=round(best / taken, 3) if taken else None,
         goal=GOAL, meets=bool(taken and best / taken >= GOAL))


def measure(settings, tell):
    driver, library = Driver(), Library()
    for product in settings["products"]:
        try:
            measure_one(driver, library, product, settings, tell)
        except DriverError as error:
            tell(**product, error=str(error))


def in_step(session, product):
    """Microseconds that the program itself takes for it."""
    traced = trace.times(session, product["program"])
    return trace.median([us for call in product["calls"] for us in traced[1].get(call, [])]) if traced else None


def run(session, part):
    products = session.manifest["products"]
    done = 0
    try:
        for program in sorted({product["program"] for product in products}):
            trace.times(session, program)  # while nothing else is timed
        for row in session.ask("products", products=products, workspace=WORKSPACE, quick=session.quick):
            part.add(**row, in_step_us=in_step(session, row))
            done += 1
    except OutOfTime:
        part.cut(f"{len(products) - done} of {len(products)} products")
    except RuntimeError as error:
        if "libcublasLt is not there" in str(error):
            part.skip(str(error))
        else:
            part.fail(str(error))
