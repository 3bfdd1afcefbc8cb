//===- Pieces.cpp - Which rank saves what ---------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Checkpoint/Pieces.h"
#include "runtime/Data/Parts.h"

namespace dpc::rt {

std::vector<std::vector<Piece>> dividePieces(const Program &program) {
  std::vector<std::vector<Piece>> pieces(static_cast<size_t>(program.ranks));
  std::vector<int64_t> bytes(pieces.size(), 0);
  forEachSaved(program, [&](const Persistent &tensor, bool) {
    std::vector<std::string> axes = tensor.splitAxes();
    // The rank that saves each part, by the part's number.
    std::map<int64_t, size_t> savers;
    for (size_t rank = 0; rank < pieces.size(); ++rank) {
      int64_t number = static_cast<int64_t>(rank);
      if (tensor.stage >= 0 &&
          program.mesh.linearIndex({pipeAxis}, number) != tensor.stage)
        continue;
      auto [saver, isNew] =
          savers.try_emplace(program.mesh.linearIndex(axes, number), rank);
      if (!isNew && bytes[rank] < bytes[saver->second])
        saver->second = rank;
    }
    for (auto [part, rank] : savers) {
      Piece piece{&tensor,
                  partOf(tensor, program.mesh, static_cast<int64_t>(rank))};
      if (piece.box.isEmpty())
        continue;
      bytes[rank] += piece.bytes();
      pieces[rank].push_back(std::move(piece));
    }
  });
  return pieces;
}

} // namespace dpc::rt
