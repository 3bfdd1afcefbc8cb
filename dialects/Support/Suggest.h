//===- Suggest.h - What a misspelt word was meant to be ---------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The compiler and the runtime share this.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_SUPPORT_SUGGEST_H
#define DPC_DIALECTS_SUPPORT_SUGGEST_H

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace dpc {

/// How many characters must be inserted, removed, replaced or exchanged with
/// their neighbour to make `to` of `from`, or `limit + 1` if more than `limit`.
/// Upper and lower case are the same. This is the optimal string alignment
/// distance (Boytsov, "Indexing methods for approximate dictionary searching",
/// 2011, section 2.2).
inline size_t countEdits(std::string_view from, std::string_view to,
                         size_t limit) {
  auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  if (std::max(from.size(), to.size()) >
      std::min(from.size(), to.size()) + limit)
    return limit + 1;
  // Rows of the table: two back, the last and this.
  std::vector<size_t> older(to.size() + 1), last(older), row(older);
  for (size_t j = 0; j <= to.size(); ++j)
    row[j] = j;
  for (size_t i = 1; i <= from.size(); ++i) {
    older.swap(last);
    last.swap(row);
    row[0] = i;
    for (size_t j = 1; j <= to.size(); ++j) {
      bool isSame = lower(from[i - 1]) == lower(to[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + !isSame});
      if (i > 1 && j > 1 && lower(from[i - 1]) == lower(to[j - 2]) &&
          lower(from[i - 2]) == lower(to[j - 1]))
        row[j] = std::min(row[j], older[j - 2] + 1);
    }
    if (*std::min_element(row.begin(), row.end()) > limit)
      return limit + 1;
  }
  return std::min(row.back(), limit + 1);
}

/// "did you mean 'batch'?" if one of the candidates is close to the word, or
/// ends with it behind a dot or a slash, as names without the module's prefix
/// do; else `otherwise`. The first of those that are as close.
template <typename Range>
std::string suggest(std::string_view word, const Range &candidates,
                    std::string_view otherwise = {}) {
  // Nobody types longer names.
  constexpr size_t longest = 256;
  std::string_view best;
  if (!word.empty() && word.size() <= longest) {
    size_t limit = std::max<size_t>(1, word.size() / 3);
    for (std::string_view candidate : candidates) {
      size_t edits = countEdits(word, candidate, limit);
      size_t prefix = candidate.size() - word.size();
      if (candidate.size() > word.size() + 1 && word.size() > 2 &&
          candidate.ends_with(word) &&
          (candidate[prefix - 1] == '.' || candidate[prefix - 1] == '/'))
        edits = 1;
      // Of a word of two letters, one may be wrong, but not each of them.
      if (edits > limit || edits >= std::max(word.size(), candidate.size()))
        continue;
      best = candidate;
      if (edits == 0)
        break;
      limit = edits - 1;
    }
  }
  if (best.empty())
    return std::string(otherwise);
  return "did you mean '" + std::string(best) + "'?";
}

} // namespace dpc

#endif // DPC_DIALECTS_SUPPORT_SUGGEST_H
