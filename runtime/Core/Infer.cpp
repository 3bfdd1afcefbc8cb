//===- Infer.cpp - Running a model over data ------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Writes one .npy per graph output. An output with rows holds those of all the
// data, in its order; the padding of the last batch is cut off. Where a model
// merged rows with something else ("output_shape"), that dimension grows with
// the rows. An output
// without rows is written as it is when the data is one batch, and otherwise
// once per batch along a new first dimension. bf16 is written as f32, because
// NumPy has no bf16.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/CheckFiles.h"
#include "runtime/Core/OutputFile.h"
#include "runtime/Core/RunData.h"
#include "runtime/Data/TensorFile.h"

#include <algorithm>
#include <set>

namespace dpc::rt {

namespace {

/// One output and, on rank 0, its file.
struct Output {
  const Result *result;
  std::optional<OutputFile> file;
  uint64_t headerBytes = 0;
  DpcType fileType;
  /// Elements before, and elements per row after, the rows' dimension.
  int64_t outer = 1, inner = 1;
  /// How many rows there are in all, or units of rows.
  int64_t rows = 0;
};

class Inference {
public:
  explicit Inference(Run &run)
      : run(run), root(run.control.rank() == 0), reader(run.device) {}

  Status prepare(const std::string &executable);
  void addFacts(std::vector<Fact> &facts) const { data->addFacts(facts); }
  int restore() { return 0; }
  void loop();
  Status finish();

private:
  Status openOutput(Output &output, const std::string &path);
  void collect(Output &output, int64_t batchIndex, int64_t first,
               int64_t valid);
  /// Writes the rows that `rank` computed.
  void writeRows(Output &output, int rank, std::string_view bytes,
                 int64_t first, int64_t valid);
  void writeElements(Output &output, int64_t position, std::string_view bytes);

  Run &run;
  bool root;
  HostReader reader;
  std::optional<RunData> data;
  const StepProgram *step = nullptr;
  std::vector<Output> outputs;
  std::optional<Trace> trace;
  int64_t batches = 1, rowsDone = 0;
};

/// A file name for an output: nothing but [A-Za-z0-9._-], no leading dot, and
/// no other output's name.
std::string fileName(const std::string &name, std::set<std::string> &taken) {
  std::string text = name.substr(0, 200);
  for (char &c : text)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_' &&
        c != '.')
      c = '_';
  if (text.empty() || text[0] == '.')
    text.insert(0, "_");
  std::string unique = text;
  for (int i = 1; !taken.insert(unique).second; ++i)
    unique = text + "_" + std::to_string(i);
  return unique + ".npy";
}

Status Inference::openOutput(Output &output, const std::string &path) {
  const Result &result = *output.result;
  Shape shape = result.outputShape;
  if (result.batchDim >= 0) {
    const Shape &parts = result.globalShape;
    auto rowsDim = parts.begin() + result.batchDim;
    output.outer = elementCount(Shape(parts.begin(), rowsDim)).value_or(0);
    output.inner = elementCount(Shape(rowsDim + 1, parts.end())).value_or(0);
    output.rows = data->rows() / result.rowUnit;
    // 12 of a batch of 4 rows are 3 a row; 2 of 4 are one for two rows.
    int64_t &extent = shape[result.outputDim];
    extent = extent * output.rows / *rowsDim;
  } else {
    output.inner = elementCount(shape).value_or(0);
    if (batches > 1)
      shape.insert(shape.begin(), batches);
  }
  output.fileType = result.dtype == DPC_BF16 ? DPC_F32 : result.dtype;
  Expected<OutputFile> file = OutputFile::create(path);
  if (!file.ok())
    return file.status();
  output.file.emplace(std::move(*file));
  std::string header = npyHeader(output.fileType, shape);
  output.headerBytes = header.size();
  int64_t bytes = byteCount(shape, output.fileType).value_or(0);
  Status status =
      output.file->reserve(header.size() + static_cast<uint64_t>(bytes));
  return status.ok() ? output.file->write(header) : status;
}

Status Inference::prepare(const std::string &executable) {
  step = run.program.find("infer");
  Expected<RunData> opened = RunData::open(run, executable);
  if (!opened.ok())
    return opened.status();
  data.emplace(std::move(*opened));
  Status status = step->checkRows("--data", data->rows(), run.program.batch);
  if (status.ok())
    status = run.prepare(executable);
  if (!status.ok())
    return status;
  batches = (data->rows() + run.program.batch - 1) / run.program.batch;
  if (root) {
    status = prepareFolder("--outputs", run.options.outputs);
    if (status.ok() && !run.options.trace.empty())
      status = createOutput("--trace", run.options.trace).status();
    if (status.ok() && !run.options.saveConfig.empty())
      status = writeSettingsFile(run.options, run.program.ranks, executable,
                                 "--save-config", run.options.saveConfig);
  }
  std::set<std::string> names;
  for (const Result &result : step->results) {
    if (result.role != "output" || !status.ok())
      continue;
    Output &output = outputs.emplace_back();
    output.result = &result;
    if (!root)
      continue;
    std::string path = run.options.outputs + "/" + fileName(result.name, names);
    status =
        checkOutput(run.program, run.options, executable, "--outputs", path);
    if (status.ok())
      status = openOutput(output, path);
  }
  return status;
}

void Inference::writeElements(Output &output, int64_t position,
                              std::string_view bytes) {
  std::string wide;
  if (output.fileType != output.result->dtype) {
    size_t count = bytes.size() / typeBytes(output.result->dtype);
    int64_t width = typeBytes(output.fileType);
    wide.resize(count * width);
    for (size_t i = 0; i < count; ++i)
      convertElement(bytes.data() + i * typeBytes(output.result->dtype),
                     output.result->dtype, wide.data() + i * width,
                     output.fileType);
    bytes = wide;
  }
  uint64_t at = output.headerBytes +
                static_cast<uint64_t>(position * typeBytes(output.fileType));
  Status status = output.file->writeAt(at, bytes);
  if (!status.ok())
    fatal(run.control, status.error());
}

void Inference::writeRows(Output &output, int rank, std::string_view bytes,
                          int64_t first, int64_t valid) {
  const Result &result = *output.result;
  int64_t local = result.shape[result.batchDim];
  first /= result.rowUnit;
  valid /= result.rowUnit;
  int64_t begin = run.program.mesh.linearIndex(result.batchAxes, rank) * local;
  int64_t rows = std::clamp<int64_t>(valid - begin, 0, local);
  int64_t rowBytes = output.inner * typeBytes(result.dtype);
  for (int64_t block = 0; rows > 0 && block < output.outer; ++block)
    writeElements(output, (block * output.rows + first + begin) * output.inner,
                  bytes.substr(block * local * rowBytes, rows * rowBytes));
}

void Inference::collect(Output &output, int64_t batchIndex, int64_t first,
                        int64_t valid) {
  const Result &result = *output.result;
  const Mesh &mesh = run.program.mesh;
  std::string_view mine(reader.read(run.arena + result.offset, result.bytes),
                        static_cast<size_t>(result.bytes));
  if (result.batchDim < 0) {
    if (root)
      writeElements(output, batchIndex * output.inner, mine);
    return;
  }
  // Ranks that differ only on other axes hold copies; the first one sends.
  auto isFirst = [&](int64_t rank) {
    return mesh.firstOfGroup(result.batchAxes, rank) == 0;
  };
  if (!root) {
    if (isFirst(run.control.rank()))
      run.control.sendToRoot(mine);
    return;
  }
  writeRows(output, 0, mine, first, valid);
  for (int rank = 1; rank < run.control.size(); ++rank)
    if (isFirst(rank))
      writeRows(output, rank, run.control.receiveAtRoot(rank), first, valid);
}

void Inference::loop() {
  DpcContext context(run.program, run.control, run.collectives, run.device,
                     run.options.keepsPrograms);
  if (!run.options.trace.empty())
    trace.emplace(run.program, run.control, run.device);
  auto start = std::chrono::steady_clock::now();
  std::unique_ptr<BatchReader> reader = data->infer(run);
  for (int64_t index = 0; index < batches; ++index) {
    int64_t first = index * run.program.batch;
    int64_t valid = std::min(run.program.batch, data->rows() - first);
    if (Status status = reader->next(); !status.ok())
      fatal(run.control, status.error());
    run.setScalars(index + 1, valid);
    context.rows = {"--data", reader->batch().order.data(), 0, valid};
    bool traced = trace && index < run.options.traceSteps;
    context.run(*step, run.arena, index + 1, traced ? &*trace : nullptr,
                nullptr, [&] { reader->readAhead(); });
    for (Output &output : outputs)
      collect(output, index, first, valid);
    rowsDone = first + valid;
    if (!run.goesOn())
      return;
  }
  std::chrono::duration<double> spent =
      std::chrono::steady_clock::now() - start;
  if (root && !run.options.quiet) {
    std::printf("computed %ld rows in %.2f s (%.0f rows/s)\n",
                long(data->rows()), spent.count(),
                static_cast<double>(data->rows()) / spent.count());
    std::fflush(stdout);
  }
}

Status Inference::finish() {
  Status status;
  // Outputs that lack rows are not left behind.
  bool whole = rowsDone == data->rows();
  // All or none.
  for (Output &output : outputs)
    if (output.file && whole && status.ok())
      status = output.file->flush();
  for (Output &output : outputs)
    if (output.file && whole && status.ok())
      status = output.file->commit();
  if (trace)
    status = firstFailure(status, trace->write(run.options.trace, run.control));
  run.progress = "after row " + std::to_string(rowsDone) + " of " +
                 std::to_string(data->rows()) +
                 (whole ? "" : "; no outputs were written");
  return status;
}

} // namespace

int infer(Run &run, const std::string &executable) {
  return runWork<Inference>(run, executable);
}

} // namespace dpc::rt
