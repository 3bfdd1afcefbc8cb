//===- SubAxes.cpp - Mesh axes in parts -----------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/DistDialect.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace dpc::dist {

std::optional<RankDigit> getRankDigit(MeshOp mesh, StringRef axis) {
  return findRankDigit(
      llvm::zip(mesh.getAxes().getAsValueRange<StringAttr>(), mesh.getSizes()),
      axis);
}

StringRef getWholeAxis(StringRef name) {
  std::optional<SubAxis> sub = parseSubAxis(name);
  return sub ? StringRef(sub->axis) : name;
}

SmallVector<StringAttr> getAxisParts(MeshOp mesh, StringRef axis) {
  SmallVector<StringAttr> parts;
  for (auto name : mesh.getAxes().getAsRange<StringAttr>())
    if (getWholeAxis(name.getValue()) == axis)
      parts.push_back(name);
  return parts;
}

int64_t getWholeAxisSize(MeshOp mesh, StringRef axis) {
  int64_t size = 1;
  for (StringAttr part : getAxisParts(mesh, axis))
    size *= mesh.getAxisSize(part.getValue());
  return size;
}

SmallVector<std::string> joinAxisParts(MeshOp mesh, ArrayAttr axes) {
  SmallVector<std::string> names;
  // The parts that the last name stands for; none if it is a whole axis.
  std::optional<SubAxis> last;
  for (auto axis : axes.getAsValueRange<StringAttr>()) {
    std::optional<SubAxis> next = parseSubAxis(axis);
    if (next && last && last->axis == next->axis &&
        last->before * last->size == next->before) {
      next = SubAxis{next->axis, last->before, last->size * next->size};
      names.pop_back();
    }
    names.push_back(axis.str());
    if (next) {
      names.back() = next->axis;
      if (next->size != getWholeAxisSize(mesh, next->axis))
        names.back() += ":(" + std::to_string(next->before) + ")" +
                        std::to_string(next->size);
    }
    last = next;
  }
  return names;
}

std::string findAxisProblem(MeshOp mesh, ArrayRef<StringAttr> axes) {
  for (auto [i, axis] : llvm::enumerate(axes)) {
    auto quote = [](StringAttr name) { return "\"" + name.str() + "\""; };
    if (!mesh || mesh.getAxisSize(axis.getValue()) == 0)
      return "names axis " + quote(axis) + ", which is not in the mesh";
    for (StringAttr other : axes.take_front(i)) {
      if (other == axis)
        return "names axis " + quote(axis) + " twice";
      // Axes of one mesh share no ranks; parts of them may.
      if ((parseSubAxis(axis.getValue()) || parseSubAxis(other.getValue())) &&
          getRankDigit(mesh, axis.getValue())
              ->overlaps(*getRankDigit(mesh, other.getValue())))
        return "names axes " + quote(other) + " and " + quote(axis) +
               ", which share ranks";
    }
  }
  return {};
}

} // namespace dpc::dist
