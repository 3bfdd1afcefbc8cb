//===- ReadMachine.cpp - A file that says what a step costs ---------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Sharding/ReadMachine.h"

#include "dialects/Support/Suggest.h"
#include "passes/Sharding/TextFile.h"

#include "llvm/ADT/StringExtras.h"

#include <cmath>
#include <map>
#include <set>

using namespace mlir;
using namespace dpc;

namespace {

struct Unit {
  StringLiteral name;
  double factor;
};
constexpr Unit kFlopUnits[] = {{"FLOP/s", 1},     {"kFLOP/s", 1e3},
                               {"MFLOP/s", 1e6},  {"GFLOP/s", 1e9},
                               {"TFLOP/s", 1e12}, {"PFLOP/s", 1e15}};
constexpr Unit kByteUnits[] = {{"B/s", 1},    {"kB/s", 1e3},  {"MB/s", 1e6},
                               {"GB/s", 1e9}, {"TB/s", 1e12}, {"PB/s", 1e15}};
/// To nanoseconds.
constexpr Unit kTimeUnits[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};

constexpr StringLiteral kKeys[] = {"compute", "narrow", "memory", "launch",
                                   "link"};

class MachineReader {
public:
  MachineReader(StringRef path, dist::MachineAttr standard)
      : context(standard.getContext()),
        file(context, path, "name a machine's file with --machine"),
        standard(standard), compute(standard.getCompute()),
        narrow(standard.getNarrow()), memory(standard.getMemory()),
        launch(standard.getLaunch()) {}

  FailureOr<dist::MachineAttr> run();

private:
  LogicalResult readLine(unsigned line, StringRef text);
  FailureOr<int64_t> readQuantity(unsigned line, StringRef key, StringRef text,
                                  ArrayRef<Unit> units, int64_t least,
                                  StringRef example);
  LogicalResult readLink(unsigned line, StringRef key, StringRef words,
                         StringRef value);

  MLIRContext *context;
  TextFile file;
  dist::MachineAttr standard;
  int64_t compute, narrow, memory, launch;
  std::set<std::string> seen;
  /// By the ranks that each joins, and the one that joins all; with lines.
  std::map<int64_t, std::pair<unsigned, dist::LinkAttr>> blocks;
  dist::LinkAttr outermost;
};

FailureOr<int64_t> MachineReader::readQuantity(unsigned line, StringRef key,
                                               StringRef text,
                                               ArrayRef<Unit> units,
                                               int64_t least,
                                               StringRef example) {
  text = text.trim();
  size_t end = text.find_first_not_of("0123456789.eE+-");
  StringRef number = text.take_front(end).trim();
  StringRef unit = end == StringRef::npos ? "" : text.drop_front(end).trim();
  auto found =
      llvm::find_if(units, [&](const Unit &u) { return u.name == unit; });
  double value;
  if (number.empty() || number.getAsDouble(value) || !std::isfinite(value)) {
    file.fail(line) << "'" << key << "' is no number with a unit; write e.g. "
                    << key << ": " << example;
    return failure();
  }
  if (found == units.end()) {
    SmallVector<StringRef> names;
    for (const Unit &known : units)
      names.push_back(known.name);
    file.fail(line) << "'" << key << "' has no unit '" << unit << "'; "
                    << suggest(unit, names,
                               "use one of " + llvm::join(names, ", "));
    return failure();
  }
  value *= found->factor;
  if (value < static_cast<double>(least) || value > 9e18) {
    file.fail(line) << "'" << key << "' is out of range; write e.g. " << key
                    << ": " << example;
    return failure();
  }
  return static_cast<int64_t>(std::llround(value));
}

LogicalResult MachineReader::readLink(unsigned line, StringRef key,
                                      StringRef words, StringRef value) {
  int64_t ranks = 0;
  if (!words.empty() && (words.getAsInteger(10, ranks) || ranks < 2 ||
                         ranks > (int64_t(1) << 20)))
    return file.fail(line) << "'" << key
                           << "' joins no number of ranks; write e.g. link 8: "
                              "1 us, 40 GB/s";
  auto [first, second] = value.split(',');
  FailureOr<int64_t> latency =
      readQuantity(line, key, first, kTimeUnits, 0, "2 us, 10 GB/s");
  if (failed(latency))
    return failure();
  FailureOr<int64_t> bandwidth =
      readQuantity(line, key, second, kByteUnits, 1, "2 us, 10 GB/s");
  if (failed(bandwidth))
    return failure();
  auto link = dist::LinkAttr::get(context, ranks, *latency, *bandwidth);
  if (ranks)
    blocks[ranks] = {line, link};
  else
    outermost = link;
  return success();
}

LogicalResult MachineReader::readLine(unsigned line, StringRef text) {
  text = text.split('#').first.rtrim();
  auto [key, value] = text.split(':');
  key = key.rtrim();
  value = value.trim();
  if (!text.contains(':'))
    return file.fail(line)
           << "is not KEY: VALUE; write e.g. compute: 50 GFLOP/s";
  auto [word, words] = key.split(' ');
  words = words.trim();
  if (!llvm::is_contained(kKeys, word) || (word != "link" && !words.empty()))
    return file.fail(line) << "there is no '" << key << "'; "
                           << suggest(key, kKeys,
                                      "use compute, narrow, memory, launch or "
                                      "link");
  if (!seen.insert((word + " " + words).str()).second)
    return file.fail(line) << "'" << key << "' is given twice; remove one";
  if (word == "link")
    return readLink(line, key, words, value);
  FailureOr<int64_t> quantity =
      word == "compute" || word == "narrow"
          ? readQuantity(line, key, value, kFlopUnits, 1, "50 GFLOP/s")
      : word == "memory"
          ? readQuantity(line, key, value, kByteUnits, 1, "10 GB/s")
          : readQuantity(line, key, value, kTimeUnits, 0, "200 ns");
  if (failed(quantity))
    return failure();
  (word == "compute"  ? compute
   : word == "narrow" ? narrow
   : word == "memory" ? memory
                      : launch) = *quantity;
  return success();
}

FailureOr<dist::MachineAttr> MachineReader::run() {
  if (failed(file.forEachLine(
          [&](unsigned line, StringRef text) { return readLine(line, text); })))
    return failure();
  SmallVector<dist::LinkAttr> links;
  int64_t inner = 1;
  for (auto &[ranks, block] : blocks) {
    if (ranks % inner != 0) {
      file.fail(block.first)
          << "'link " << ranks << "' cuts blocks of 'link " << inner
          << "'; let each join a multiple of the smaller";
      return failure();
    }
    inner = ranks;
    links.push_back(block.second);
  }
  links.push_back(outermost ? outermost : standard.getLinks().back());
  return dist::MachineAttr::get(context, compute, narrow, memory, launch,
                                links);
}

} // namespace

FailureOr<dist::MachineAttr> dpc::readMachine(StringRef path,
                                              dist::MachineAttr standard) {
  return MachineReader(path, standard).run();
}
