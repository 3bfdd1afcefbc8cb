//===- MicrobatchLoop.h - The steps that repeat -----------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Of many microbatches, a function has only the first few and the last few
// (-dist-unroll-microbatches). In the middle its steps repeat, each time for the
// next microbatch. For two stages with 1F1B, of which the first one is shown:
//
//   F0 F1 B0 F2 B1 F3 B2 F4 B3 B4        5 written out
//      \___/ \___/ \___/ \___/           4 periods of one forward and one backward
//   F0 ( F1+i B0+i )  B?                 for M microbatches M - 1 times, then B(M-1)
//
// Steps are alike if they do the same for the same node: the i-th such step of
// one microbatch is the i-th of every other. What alike steps touch must lie
// alike, too: in all periods, and outside of the loop as far as the loop finds it
// there or leaves it.
//
// A buffer that the loop touches is one of four:
//   fixed     the same in all iterations: a sum, a weight, what is made before
//   advancing a part of a fixed one, further on by as much in each iteration: rows
//             of an input
//   local     written and read within one iteration
//   turning   alive from one iteration to later ones. D of them exist, as many as
//             are alive at a time, and microbatch k has the (k mod D)th
// and the numbers of transfers are like the last.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_PASSES_LOWERING_MICROBATCHLOOP_H
#define DPC_PASSES_LOWERING_MICROBATCHLOOP_H

#include "dialects/Plan/PlanDialect.h"
#include "passes/Lowering/InstructionOrder.h"

#include <map>

namespace dpc {

class MicrobatchLoop {
public:
  /// Nothing if the steps do not repeat. Without a `leftOut` there is no loop, and
  /// all is fixed.
  static std::optional<MicrobatchLoop> find(const InstructionOrder &order,
                                            int64_t leftOut);

  /// The body are the steps [getBegin(), getBodyEnd()); those up to getEnd() say
  /// the same for later microbatches.
  unsigned getBegin() const { return begin; }
  unsigned getBodyEnd() const { return begin + length; }
  unsigned getEnd() const { return begin + length * periods; }
  int64_t getTimes() const { return periods + leftOut; }
  bool isInBody(unsigned step) const {
    return begin <= step && step < getBodyEnd();
  }

  /// Gives all buffers offsets from `base`; returns the end of the last one.
  int64_t planMemory(int64_t base);
  /// What the buffer of a temporary takes.
  int64_t getBytes(unsigned temporary) const {
    return order->temporaries[temporary].bytes;
  }

  struct Address {
    int64_t offset;
    plan::TurnAttr turn;
  };
  /// Where what step `step` finds at `place` lies; the index behind the last step
  /// stands for the end of the program. Arguments lie at `base` and temporaries
  /// where planMemory has put them.
  Address getAddress(unsigned step, const Place &place, int64_t base) const;
  /// The number of the transfer that a step starts or waits for; `offset` is it.
  Address getNumber(unsigned step) const;
  /// By how much the microbatches of a step are further on than it says.
  int64_t getShift(unsigned step) const {
    return step >= getEnd() ? leftOut : 0;
  }

private:
  friend class LoopFinder;

  /// What turns: buffers, or numbers of transfers.
  struct Ring {
    int64_t count = 1;
    /// Of buffers: in `buffers`. Of numbers: the first.
    int64_t base = -1;
    int64_t stride = 1;
  };
  struct Member {
    unsigned ring;
    int64_t microbatch;
  };
  Address turn(const Ring &ring, int64_t base, int64_t microbatch,
               unsigned step) const;

  const InstructionOrder *order = nullptr;
  mlir::MLIRContext *context = nullptr;
  int64_t leftOut = 0;
  unsigned begin = 0, length = 0, periods = 0;
  std::vector<Ring> rings, numberRings;
  /// By temporary: the ring that it is of, or its buffer.
  std::vector<std::optional<Member>> members;
  std::vector<unsigned> fixed;
  /// How far a place of the loop's is further on for each next microbatch.
  std::map<std::tuple<int, unsigned, int64_t>, int64_t> advances;
  /// By argument or temporary, what its parts advance by.
  std::map<std::pair<int, unsigned>, int64_t> rows;
  /// By transfer.
  std::vector<Address> numbers;
  std::vector<std::optional<Member>> numberMembers;
  /// With lifetimes on a line on which the body stands once.
  llvm::SmallVector<Lifetime> buffers;
};

} // namespace dpc

#endif // DPC_PASSES_LOWERING_MICROBATCHLOOP_H
