//===- MemoryJSON.cpp - What the memory of a plan is for ------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Planner/MemoryJSON.h"

#include "dialects/Plan/ByteMap.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace dpc;
using Json = nlohmann::ordered_json;

/// Sum of the lengths of intervals, each byte counted once.
static int64_t countBytes(std::vector<std::pair<int64_t, int64_t>> intervals) {
  llvm::sort(intervals);
  int64_t bytes = 0, end = 0;
  for (auto [from, to] : intervals) {
    bytes += std::max<int64_t>(0, to - std::max(from, end));
    end = std::max(end, to);
  }
  return bytes;
}

static bool isBucket(plan::SlotOp slot) {
  return llvm::any_of(slot.getBuffer().getUsers(),
                      [](Operation *user) { return isa<plan::StartOp>(user); });
}

/// Where values of the backward pass lie that the update reads.
static std::vector<std::pair<int64_t, int64_t>>
getGradients(const PlanModel &plan, int64_t stage) {
  std::vector<std::pair<int64_t, int64_t>> gradients;
  for (plan::ProgramOp program : plan.programs) {
    if (plan::getStage(program) != stage)
      continue;
    struct Write {
      plan::SlotOp slot;
      nn::Phase phase;
      int64_t order;
    };
    plan::ByteMap<Write> memory;
    int64_t order = 0;
    for (auto op :
         program.getBody().front().getOps<plan::InstructionOpInterface>()) {
      plan::Accesses accesses = op.getAccesses();
      nn::Phase phase = nn::getPhase(op);
      for (Value buffer : accesses.reads) {
        auto slot = buffer.getDefiningOp<plan::SlotOp>();
        if (phase != nn::Phase::Update || slot->hasAttr(nn::kRoleAttr))
          continue;
        Write last = {nullptr, nn::Phase::Forward, -1};
        memory.forEach(slot.getOffset(), slot.getEnd(),
                       [&](int64_t, int64_t, const Write &write) {
                         if (write.order > last.order)
                           last = write;
                       });
        if (last.phase != nn::Phase::Backward)
          continue;
        plan::SlotOp other = last.slot;
        if (other == slot ||
            (other.getOffset() <= slot.getOffset() &&
             slot.getEnd() <= other.getEnd() && isBucket(other)))
          gradients.push_back({slot.getOffset(), slot.getEnd()});
      }
      for (Value buffer : accesses.writes) {
        auto slot = buffer.getDefiningOp<plan::SlotOp>();
        memory.assign(slot.getOffset(), slot.getEnd(), {slot, phase, order++});
      }
    }
  }
  return gradients;
}

int64_t dpc::getMemoryBytes(const PlanModel &plan, int64_t stage) {
  if (auto memory =
          plan.module->getAttrOfType<IntegerAttr>(plan::kMemoryBytesAttr);
      memory && stage < 0)
    return memory.getInt();
  int64_t end = 0;
  for (plan::ProgramOp program : plan.programs)
    if (plan::getStage(program) == stage)
      for (auto slot : program.getBody().getOps<plan::SlotOp>())
        end = std::max(end, slot.getEnd());
  return llvm::alignTo(end, 64);
}

Json dpc::makeMemory(const PlanModel &plan, int64_t stage) {
  auto sum = [&](std::initializer_list<nn::Role> roles) {
    int64_t bytes = 0;
    for (nn::Role role : roles)
      for (plan::SlotOp slot : plan.getSlots(role))
        if (getStage(slot) == stage)
          bytes += slot.getBytes();
    return bytes;
  };
  Json json;
  int64_t parameters = sum({nn::Role::Parameter}),
          state = sum({nn::Role::State}),
          inputs = sum({nn::Role::Input, nn::Role::Label, nn::Role::Scalar}),
          gradients = countBytes(getGradients(plan, stage));
  json["parameters"] = parameters;
  json["optimizer_state"] = state;
  json["inputs"] = inputs;
  json["gradients"] = gradients;
  // Activations, and the gaps that alignment leaves.
  json["temporaries"] =
      getMemoryBytes(plan, stage) - parameters - state - inputs - gradients;
  return json;
}
