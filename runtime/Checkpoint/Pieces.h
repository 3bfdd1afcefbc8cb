//===- Pieces.h - Which rank saves what -------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CHECKPOINT_PIECES_H
#define DPC_RUNTIME_CHECKPOINT_PIECES_H

#include "runtime/Core/Program.h"
#include "runtime/Data/Box.h"

#include <map>

namespace dpc::rt {

/// A part of a parameter or of the optimizer's state, without padding.
struct Piece {
  const Persistent *tensor;
  Box box;

  int64_t bytes() const { return box.elements() * typeBytes(tensor->dtype); }
};

/// Calls `visit` with every parameter and then all state, in the plan's order.
template <typename Visit>
void forEachPersistent(const Program &program, Visit visit) {
  for (const Parameter &parameter : program.parameters)
    visit(static_cast<const Persistent &>(parameter), /*isState=*/false);
  for (const Persistent &state : program.state)
    visit(state, /*isState=*/true);
}

/// As forEachPersistent, but of parameters that several stages hold only the one
/// that is trained: a checkpoint has each name once.
template <typename Visit>
void forEachSaved(const Program &program, Visit visit) {
  std::map<std::string_view, const Parameter *> chosen;
  for (const Parameter &parameter : program.parameters) {
    const Parameter *&known = chosen[parameter.name];
    if (!known || (parameter.trainable && !known->trainable))
      known = &parameter;
  }
  for (const Parameter &parameter : program.parameters)
    if (chosen[parameter.name] == &parameter)
      visit(static_cast<const Persistent &>(parameter), /*isState=*/false);
  for (const Persistent &state : program.state)
    visit(state, /*isState=*/true);
}

/// For every rank the pieces that it saves, the same on all ranks: every element
/// is in one of them. Of ranks that hold copies of a part, the one with the
/// fewest bytes so far saves it, so that ranks of data parallelism share the
/// work.
std::vector<std::vector<Piece>> dividePieces(const Program &program);

} // namespace dpc::rt

#endif // DPC_RUNTIME_CHECKPOINT_PIECES_H
