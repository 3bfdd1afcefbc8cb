//===- Cuts.cpp - Where to cut a sequence into pieces ---------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Costs 4 1 1 4 into two pieces: 5 | 5 is the best that is possible. Costs
// 9 1 1 9 where cutting in the middle sends 100 bytes and before the first 1
// only 10: 10 | 10 is best, 9 | 11 is worse than the 5 % that the smaller
// message is worth.
//
//===----------------------------------------------------------------------===//

#include "passes/Pipeline/Cuts.h"

#include <algorithm>
#include <deque>
#include <limits>

namespace dpc {

namespace {

/// How much of the balance a smaller message is worth.
constexpr double kSlack = 1.05;

class Cutter {
public:
  Cutter(llvm::ArrayRef<double> costs, llvm::ArrayRef<int64_t> bytes,
         llvm::ArrayRef<int64_t> fixed, int64_t pieces)
      : bytes(bytes), fixed(fixed), pieces(pieces), count(costs.size()),
        sums(count + 1) {
    for (int64_t i = 0; i < count; ++i)
      sums[i + 1] = sums[i] + costs[i];
  }

  std::vector<int64_t> run() {
    double low = 0, high = sums[count];
    if (chooseBegins(high).empty())
      return {};
    for (int i = 0; i < 40; ++i) {
      double middle = (low + high) / 2;
      (chooseBegins(middle).empty() ? low : high) = middle;
    }
    return chooseBegins(high * kSlack);
  }

private:
  double getCost(int64_t begin, int64_t end) { return sums[end] - sums[begin]; }

  /// Pieces of cost `limit` at most, if that is possible. best[p][j]: the
  /// fewest bytes with which the first j items are p pieces. The last piece's
  /// begin slides with j: a queue of the candidates that are not beaten by a
  /// later one makes this linear.
  std::vector<int64_t> chooseBegins(double limit) {
    constexpr int64_t kNone = std::numeric_limits<int64_t>::max() / 2;
    std::vector<std::vector<int64_t>> best(
        pieces + 1, std::vector<int64_t>(count + 1, kNone)),
        from = best;
    best[0][0] = 0;
    for (int64_t p = 1; p <= pieces; ++p) {
      std::deque<int64_t> queue;
      auto getBytes = [&](int64_t i) {
        return best[p - 1][i] + (i ? bytes[i] : 0);
      };
      for (int64_t j = 1; j <= count; ++j) {
        if (best[p - 1][j - 1] < kNone) {
          while (!queue.empty() && getBytes(queue.back()) > getBytes(j - 1))
            queue.pop_back();
          queue.push_back(j - 1);
        }
        if (fixed[j - 1] >= 0 && fixed[j - 1] != p - 1)
          queue.clear();
        while (!queue.empty() && getCost(queue.front(), j) > limit)
          queue.pop_front();
        if (queue.empty())
          continue;
        best[p][j] = getBytes(queue.front());
        from[p][j] = queue.front();
      }
    }
    std::vector<int64_t> begins;
    if (best[pieces][count] == kNone)
      return begins;
    for (int64_t p = pieces, j = count; p > 0; j = from[p--][j])
      begins.push_back(from[p][j]);
    std::reverse(begins.begin(), begins.end());
    return begins;
  }

  llvm::ArrayRef<int64_t> bytes, fixed;
  int64_t pieces, count;
  std::vector<double> sums;
};

} // namespace

std::vector<int64_t> chooseCuts(llvm::ArrayRef<double> costs,
                                llvm::ArrayRef<int64_t> bytes,
                                llvm::ArrayRef<int64_t> fixed, int64_t pieces) {
  return Cutter(costs, bytes, fixed, pieces).run();
}

} // namespace dpc
