//===- ReadPins.cpp - A file of constraints -------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Sharding/Passes.h"
#include "passes/Sharding/Pins.h"
#include "passes/Sharding/TextFile.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace dpc;

namespace {

class PinReader {
public:
  PinReader(StringRef path, dist::MeshOp mesh, MLIRContext *context)
      : path(path), mesh(mesh), context(context),
        file(context, path, "name a file of constraints with --shardings") {}

  FailureOr<std::vector<Pin>> run();

private:
  InFlightDiagnostic fail(unsigned line) { return file.fail(line); }
  LogicalResult readLine(unsigned line, StringRef text);
  LogicalResult readDims(unsigned line, StringRef list, Pin &pin);

  StringRef path;
  /// None: of lists only the lengths are read.
  dist::MeshOp mesh;
  MLIRContext *context;
  TextFile file;
  std::vector<Pin> pins;
};

/// The equals sign before the list: names may hold others.
size_t findEquals(StringRef text) {
  for (size_t at = text.find('='); at != StringRef::npos;
       at = text.find('=', at + 1))
    if (text.drop_front(at + 1).ltrim().starts_with("["))
      return at;
  return StringRef::npos;
}

LogicalResult PinReader::readDims(unsigned line, StringRef list, Pin &pin) {
  if (list.trim().empty())
    return success();
  if (!mesh) {
    pin.dims.resize(list.count(',') + 1);
    return success();
  }
  SmallVector<StringAttr> used;
  for (StringRef entry : llvm::split(list, ',')) {
    AxisList &axes = pin.dims.emplace_back();
    entry = entry.trim();
    if (entry == "-")
      continue;
    for (StringRef name : llvm::split(entry, '*')) {
      auto axis = StringAttr::get(context, getAxisName(name.trim()));
      name = axis.getValue();
      if (name.empty())
        return fail(line) << "an entry of the list is empty; write - for a "
                             "dimension that is not split";
      StringRef whole = dist::getWholeAxis(name);
      if (whole == dist::kMicrobatchAxis || whole == dist::kPipeAxis ||
          mesh.getAxisSize(name) == 0 ||
          (whole != name && mesh.getAxisSize(name) == 1)) {
        std::string known;
        for (auto other : mesh.getAxes().getAsRange<StringAttr>())
          if (other.getValue() != dist::kMicrobatchAxis &&
              other.getValue() != dist::kPipeAxis)
            known += (known.empty() ? "" : ", ") + other.str();
        return fail(line) << "the mesh has no axis '" << name
                          << "' that splits tensors; it has " << known
                          << " (a part of one is e.g. tensor:(1)2)";
      }
      if (whole != name && whole == dist::kExpertAxis)
        return fail(line) << "the axis '" << whole
                          << "' is not cut into parts; name all of it";
      if (mesh.getAxisSize(name) == mesh.getAxisSize(whole))
        axis = StringAttr::get(context, whole);
      used.push_back(axis);
      if (!dist::findAxisProblem(mesh, used).empty())
        return fail(line) << "axis '" << name
                          << "' is used twice, or shares ranks with another of "
                             "the list; an axis splits one dimension";
      axes.push_back(axis);
    }
  }
  return success();
}

LogicalResult PinReader::readLine(unsigned line, StringRef text) {
  size_t equals = findEquals(text);
  if (equals == StringRef::npos)
    return fail(line) << "is not NAME = [AXES, ...]; write e.g. fc1.weight = "
                         "[tensor, -]";
  Pin pin;
  pin.where = (path + ":" + Twine(line)).str();
  pin.pattern = StringAttr::get(context, text.take_front(equals).trim());
  if (pin.pattern.empty())
    return fail(line) << "names no tensor; write e.g. fc1.weight = [tensor, -]";
  if (pin.pattern.find_first_of("*?[{\\") != StringRef::npos) {
    // The second argument bounds what braces expand to.
    llvm::Expected<llvm::GlobPattern> glob =
        llvm::GlobPattern::create(pin.pattern, /*MaxSubPatterns=*/1024);
    if (!glob)
      return fail(line) << "'" << pin.pattern
                        << "' is no pattern: " << toString(glob.takeError());
    pin.glob = std::move(*glob);
  }
  auto [list, rest] =
      text.drop_front(equals + 1).ltrim().drop_front().split(']');
  rest = rest.trim();
  bool isClosed = text.drop_front(equals + 1).contains(']');
  if (!isClosed || (!rest.empty() && !rest.starts_with("#")))
    return fail(line) << "does not end after the list; write e.g. fc1.weight = "
                         "[tensor, -]";
  if (failed(readDims(line, list, pin)))
    return failure();
  pins.push_back(std::move(pin));
  return success();
}

FailureOr<std::vector<Pin>> PinReader::run() {
  if (failed(file.forEachLine(
          [&](unsigned line, StringRef text) { return readLine(line, text); })))
    return failure();
  return std::move(pins);
}

} // namespace

std::string dpc::getAxisName(StringRef name) {
  static constexpr std::pair<StringLiteral, StringLiteral> kNames[] = {
      {"dp", dist::kDataAxis},
      {"tp", dist::kTensorAxis},
      {"pp", dist::kPipeAxis},
      {"ep", dist::kExpertAxis}};
  auto [axis, part] = name.split(':');
  for (const auto &[alias, full] : kNames)
    if (axis == alias)
      return (full + name.drop_front(axis.size())).str();
  return name.str();
}

FailureOr<std::vector<Pin>> dpc::readPins(StringRef path, dist::MeshOp mesh) {
  return PinReader(path, mesh, mesh.getContext()).run();
}

FailureOr<SmallVector<std::string>> dpc::readPinnedNames(StringRef path,
                                                         ModuleOp module) {
  FailureOr<std::vector<Pin>> pins =
      PinReader(path, {}, module.getContext()).run();
  if (failed(pins))
    return failure();
  llvm::SetVector<StringRef> pinned;
  // A pattern is only meant for what has as many dimensions as its list.
  auto visit = [&](StringRef name, StringRef owner, ArrayRef<Type> types) {
    if (llvm::any_of(*pins, [&](const Pin &pin) {
          return pin.matchesName(name) &&
                 (!pin.glob || llvm::any_of(types, [&](Type type) {
                   return cast<RankedTensorType>(type).getRank() ==
                          static_cast<int64_t>(pin.dims.size());
                 }));
        }))
      pinned.insert(owner);
  };
  for (auto parameter : module.getOps<nn::ParameterOp>())
    visit(parameter.getName(), parameter.getName(), parameter.getType());
  auto func = module.lookupSymbol<func::FuncOp>("forward");
  if (!func)
    return SmallVector<std::string>(llvm::to_vector_of<std::string>(pinned));
  auto nodes = getNodeResults(func);
  for (auto &[node, results] : nodes)
    visit(node, node, llvm::to_vector(ValueRange(results).getTypes()));
  if (DictionaryAttr values = getValueNames(module))
    for (NamedAttribute entry : values)
      if (StringAttr node = getNodeOfValue(entry))
        if (auto found = nodes.find(node.getValue()); found != nodes.end())
          visit(entry.getName(), node,
                llvm::to_vector(ValueRange(found->second).getTypes()));
  return SmallVector<std::string>(llvm::to_vector_of<std::string>(pinned));
}
