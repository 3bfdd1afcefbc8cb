//===- ArenaParts.cpp - What the bytes of an arena are for ----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Lowering/ArenaParts.h"

#include "dialects/Plan/ByteMap.h"

using namespace mlir;
using namespace dpc;

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

/// Whether the slot is what a transfer works on, of which others see parts.
static bool isBucket(plan::SlotOp slot) {
  return llvm::any_of(slot.getBuffer().getUsers(), [](Operation *user) {
    return cast<plan::InstructionOpInterface>(user).getStarted().has_value();
  });
}

/// Where values of the backward pass lie that the update reads.
static std::vector<std::pair<int64_t, int64_t>>
getGradients(ArrayRef<plan::ProgramOp> programs) {
  std::vector<std::pair<int64_t, int64_t>> gradients;
  for (plan::ProgramOp program : programs) {
    struct Write {
      plan::SlotOp slot;
      nn::Phase phase;
      int64_t order;
    };
    plan::ByteMap<Write> memory;
    int64_t order = 0;
    plan::forEachInstruction(program, [&](plan::InstructionOpInterface op,
                                          int64_t) {
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
    });
  }
  return gradients;
}

Temporaries dpc::countTemporaries(ArrayRef<plan::ProgramOp> programs) {
  std::vector<std::pair<int64_t, int64_t>> intervals = getGradients(programs);
  Temporaries temporaries;
  temporaries.gradients = countBytes(intervals);
  for (plan::ProgramOp program : programs)
    program.walk([&](plan::LibraryOp call) {
      if (Value workspace = call.getWorkspace()) {
        auto slot = workspace.getDefiningOp<plan::SlotOp>();
        intervals.push_back({slot.getOffset(), slot.getEnd()});
      }
    });
  temporaries.workspace = countBytes(intervals) - temporaries.gradients;
  return temporaries;
}
