//===- Stamps.cpp - Which part of a step an op belongs to -----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/Stamps.h"

#include "mlir/IR/Builders.h"

using namespace mlir;

namespace dpc::dist {

StringRef getName(Task::Kind kind) {
  switch (kind) {
  case Task::Forward:
    return "forward";
  case Task::Backward:
    return "backward";
  case Task::Weight:
    return "weight";
  case Task::Update:
    return "update";
  }
  return "";
}

std::optional<Task> getTask(Operation *op) {
  auto attr = op->getAttrOfType<ArrayAttr>(kTaskAttr);
  if (!attr)
    return std::nullopt;
  StringRef name = cast<StringAttr>(attr[0]).getValue();
  for (Task::Kind kind :
       {Task::Forward, Task::Backward, Task::Weight, Task::Update})
    if (getName(kind) == name)
      return Task{kind, cast<IntegerAttr>(attr[1]).getInt(),
                  cast<IntegerAttr>(attr[2]).getInt()};
  return std::nullopt;
}

void setTask(Operation *op, const Task &task) {
  Builder builder(op->getContext());
  op->setAttr(kTaskAttr, builder.getArrayAttr(
                             {builder.getStringAttr(getName(task.kind)),
                              builder.getI64IntegerAttr(task.chunk),
                              builder.getI64IntegerAttr(task.microbatch)}));
}

std::optional<int64_t> getMicrobatch(Operation *op) {
  auto attr = op->getAttrOfType<IntegerAttr>(kMicrobatchAttr);
  return attr ? std::optional(attr.getInt()) : std::nullopt;
}

void setMicrobatch(Operation *op, std::optional<int64_t> microbatch) {
  if (microbatch)
    op->setAttr(kMicrobatchAttr,
                Builder(op->getContext()).getI64IntegerAttr(*microbatch));
}

bool haveSameTask(Operation *a, Operation *b) {
  return a->getAttr(kTaskAttr) == b->getAttr(kTaskAttr);
}

void copyTask(Operation *op, Operation *other) {
  if (Attribute task = other->getAttr(kTaskAttr))
    op->setAttr(kTaskAttr, task);
  setMicrobatch(op, getMicrobatch(other));
}

void copyStamps(Operation *op, Operation *other) {
  nn::setPhase(op, nn::getPhase(other));
  copyTask(op, other);
}

} // namespace dpc::dist
