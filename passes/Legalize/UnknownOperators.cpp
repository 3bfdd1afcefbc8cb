//===- UnknownOperators.cpp - Nodes without an entry in the table ---------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/UnknownOperators.h"

#include "llvm/ADT/StringMap.h"

#include <numeric>

using namespace mlir;

namespace dpc::legalize {

/// Together about a screen.
static constexpr size_t kListed = 12, kNameLength = 72;

static std::string shorten(StringRef name) {
  if (name.size() <= kNameLength)
    return name.str();
  return (name.take_front(kNameLength) + "...").str();
}

/// "Relu", "com.microsoft.Gelu".
static std::string getOperator(onnx::NodeOp node) {
  StringRef domain = node.getDomain();
  if (domain.empty() || domain == "ai.onnx")
    return shorten(node.getOpType());
  return shorten((domain + "." + node.getOpType()).str());
}

LogicalResult checkOperators(func::FuncOp main, const LegalizeTable &table) {
  struct Unknown {
    std::string name;
    onnx::NodeOp first;
    int64_t nodes = 0;
  };
  std::vector<Unknown> list;
  llvm::StringMap<size_t> places;
  int64_t count = 0;
  main.walk<WalkOrder::PreOrder>([&](onnx::NodeOp node) {
    int64_t version = static_cast<int64_t>(node.getVersion());
    if (table.lookup(node.getDomain(), node.getOpType(), version))
      return;
    std::string name =
        getOperator(node) + " of opset " + std::to_string(version);
    size_t place = places.try_emplace(name, list.size()).first->second;
    if (place == list.size())
      list.push_back({name, node});
    ++list[place].nodes;
    ++count;
  });
  if (count == 0)
    return success();
  InFlightDiagnostic error = mlir::emitError(list.front().first.getLoc());
  error << "cannot compile " << count << (count == 1 ? " node: " : " nodes: ");
  std::vector<size_t> order(list.size());
  std::iota(order.begin(), order.end(), 0);
  llvm::sort(order, [&](size_t a, size_t b) {
    return std::pair(-list[a].nodes, a) < std::pair(-list[b].nodes, b);
  });
  for (size_t place : ArrayRef(order).take_front(kListed)) {
    Unknown &unknown = list[place];
    error << (place == order.front() ? "" : ", ") << unknown.name << " (";
    if (unknown.nodes > 1)
      error << unknown.nodes << ", as ";
    error << "'" << shorten(nn::getNodeName(unknown.first.getLoc())) << "')";
  }
  if (list.size() > kListed)
    error << " and " << list.size() - kListed << " other operators";
  return error << "; dpc knows ai.onnx from opset " << kOldestOpset << " to "
               << kNewestOpset
               << ", without these operators; dpc inspect says more";
}

} // namespace dpc::legalize
