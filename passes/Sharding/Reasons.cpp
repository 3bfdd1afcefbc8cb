//===- Reasons.cpp - Why a reshard is there -------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Sharding/Reasons.h"

#include "dialects/NN/Signature.h"
#include "passes/Sharding/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace dpc {

using dist::ShardingAttr;

template <typename Range>
static SmallVector<std::string> getRealAxes(Range axes, dist::MeshOp mesh) {
  SmallVector<Attribute> real;
  for (StringAttr axis : axes)
    if (mesh.getAxisSize(axis.getValue()) > 1)
      real.push_back(axis);
  return dist::joinAxisParts(mesh, ArrayAttr::get(mesh.getContext(), real));
}

std::string formatSharding(ShardingAttr sharding, dist::MeshOp mesh) {
  std::string text = "[";
  for (auto [i, axes] : llvm::enumerate(sharding.getDims())) {
    std::string dim =
        llvm::join(getRealAxes(axes.getAsRange<StringAttr>(), mesh), "*");
    text += (i ? ", " : "") + (dim.empty() ? "-" : dim);
  }
  text += "]";
  if (SmallVector<std::string> axes =
          getRealAxes(sharding.getPartialAxes(), mesh);
      !axes.empty())
    text += " " + nn::stringifyReduceKind(sharding.getPartialKind()).str() +
            " over " + llvm::join(axes, ", ");
  return text;
}

/// "dot of 'fc1'".
static std::string describe(Operation *op) {
  std::string text = op->getName().stripDialect().str();
  if (StringRef node = nn::getNodeName(op->getLoc()); !node.empty())
    text += " of '" + node.str() + "'";
  if (nn::getPhase(op) == nn::Phase::Backward)
    text += " (backward)";
  return text;
}

/// What the program returns, by its role.
static std::string describeResult(func::FuncOp func, unsigned i) {
  nn::SignatureEntry entry(func.getResultAttrDict(i));
  std::optional<nn::Role> role = entry.getRole();
  std::string quoted =
      entry.getNameAttr() ? " '" + entry.getName().str() + "'" : "";
  if (!role)
    return "result" + quoted;
  return nn::stringifyRole(*role).str() + quoted;
}

std::string explainReshard(OpOperand &operand, ShardingAttr to,
                           dist::MeshOp mesh) {
  Operation *user = operand.getOwner();
  ShardingAttr from = dist::getSharding(operand.get());
  std::string wanted = formatSharding(to, mesh), who;
  if (isa<func::ReturnOp>(user))
    who = describeResult(user->getParentOfType<func::FuncOp>(),
                         operand.getOperandNumber()) +
          " is kept as " + wanted;
  else if (auto reason = user->getAttrOfType<StringAttr>(dist::kReasonAttr);
           reason && isa<dist::ReshardOp>(user))
    who = reason.str() + ", as " + wanted;
  else
    who = describe(user) + " needs operand " +
          std::to_string(operand.getOperandNumber()) + " as " + wanted;
  SmallVector<StringAttr> ended;
  for (StringAttr axis : from.getPartialAxes())
    if (!llvm::is_contained(to.getPartialAxes(), axis))
      ended.push_back(axis);
  SmallVector<std::string> axes = getRealAxes(ended, mesh);
  Operation *maker = operand.get().getDefiningOp();
  if (axes.empty() || !maker)
    return who;
  return describe(maker) + " leaves a " +
         nn::stringifyReduceKind(from.getPartialKind()).str() + " over " +
         llvm::join(axes, ", ") + ", and " + who;
}

std::string explainBoundary(dist::ReshardOp reshard, dist::MeshOp mesh) {
  if (auto reason = reshard->getAttrOfType<StringAttr>(dist::kReasonAttr))
    return reason.str();
  std::string what;
  if (auto argument = dyn_cast<BlockArgument>(reshard.getInput()))
    if (StringAttr name =
            nn::Signature(reshard->getParentOfType<func::FuncOp>())
                .getArg(argument)
                .getNameAttr())
      what = "'" + name.str() + "' is ";
  return what + "kept as " + formatSharding(reshard.getFrom(), mesh) +
         ", and needed as " + formatSharding(reshard.getTo(), mesh) +
         " in the " + nn::stringifyPhase(nn::getPhase(reshard)).str() + " pass";
}

} // namespace dpc
