//===- RowOrder.cpp - Which rows a step takes -----------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/RowOrder.h"
#include "runtime/Data/Sampler.h"

#include <algorithm>
#include <cmath>

namespace dpc::rt {

RowSplit splitRows(int64_t rows, double share, int64_t seed) {
  RowSplit split;
  int64_t chosen = std::clamp<int64_t>(
      static_cast<int64_t>(std::llround(share * static_cast<double>(rows))), 1,
      std::max<int64_t>(rows, 1));
  // No epoch of training has this number.
  std::vector<int64_t> order = shuffledRows(rows, seed, -1);
  auto middle = order.begin() + std::min(chosen, rows);
  split.evaluation.assign(order.begin(), middle);
  split.training.assign(middle, order.end());
  std::sort(split.evaluation.begin(), split.evaluation.end());
  std::sort(split.training.begin(), split.training.end());
  return split;
}

RowOrder::RowOrder(int64_t rows, const Shuffle &shuffle,
                   std::vector<int64_t> given)
    : shuffle(shuffle), subset(std::move(given)),
      count(subset.empty() ? rows : static_cast<int64_t>(subset.size())) {}

void RowOrder::get(int64_t epoch, int64_t first, std::vector<int64_t> &target) {
  for (size_t i = 0; i < target.size(); ++i) {
    int64_t row = find(epoch, first + static_cast<int64_t>(i));
    target[i] = subset.empty() ? row : subset[static_cast<size_t>(row)];
  }
}

int64_t RowOrder::find(int64_t epoch, int64_t position) {
  switch (shuffle.kind) {
  case Shuffle::Kind::None:
    return position;
  case Shuffle::Kind::Rows:
    if (epochOfOrder != epoch) {
      order = shuffledRows(count, shuffle.seed, epoch);
      epochOfOrder = epoch;
    }
    return order[static_cast<size_t>(position)];
  case Shuffle::Kind::Blocks:
    break;
  }
  return findInBlocks(epoch, position);
}

int64_t RowOrder::findInBlocks(int64_t epoch, int64_t position) {
  int64_t size = shuffle.blockRows, last = (count - 1) / size;
  if (epochOfOrder != epoch) {
    order = shuffledRows(last + 1, shuffle.seed, epoch);
    shortBlock = std::find(order.begin(), order.end(), last) - order.begin();
    lacking = (last + 1) * size - count;
    epochOfOrder = epoch;
    group = -1;
  }
  // Where in the permuted blocks' rows something is, if all blocks were whole.
  auto widen = [&](int64_t at) {
    return at < (shortBlock + 1) * size - lacking ? at : at + lacking;
  };
  int64_t groupRows = Shuffle::mixedBlocks * size;
  int64_t wanted = widen(position) / groupRows;
  int64_t begin = wanted * groupRows;
  if (begin > shortBlock * size)
    begin -= lacking;
  if (group != wanted) {
    group = wanted;
    int64_t end = std::min((wanted + 1) * groupRows, (last + 1) * size);
    if (end > shortBlock * size)
      end -= lacking;
    // Another stream of numbers than that of the blocks.
    mixed = shuffledRows(end - begin, shuffle.seed,
                         epoch + (wanted + 1) * (int64_t(1) << 32));
  }
  int64_t at = widen(begin + mixed[static_cast<size_t>(position - begin)]);
  return order[static_cast<size_t>(at / size)] * size + at % size;
}

} // namespace dpc::rt
