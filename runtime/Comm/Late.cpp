//===- Late.cpp - Who is late, in words -----------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Comm/Late.h"
#include "runtime/Comm/Siblings.h"

#include <algorithm>
#include <cstdio>

namespace dpc::rt {

std::string listRanks(const std::vector<int> &ranks) {
  constexpr size_t most = 16;
  std::string text = ranks.size() == 1 ? "rank " : "ranks ";
  for (size_t i = 0; i < std::min(ranks.size(), most); ++i)
    text += (i ? ", " : "") + std::to_string(ranks[i]);
  return ranks.size() > most ? text + ", ..." : text;
}

std::string describeLate(const std::vector<Answer> &answers, int rank,
                         const std::vector<int> &expected) {
  std::vector<int> silent, silentHere;
  for (int other = 0; other < static_cast<int>(answers.size()); ++other)
    if (other != rank && !answers[static_cast<size_t>(other)].came)
      silent.push_back(other);
  for (int other : expected)
    if (std::find(silent.begin(), silent.end(), other) != silent.end())
      silentHere.push_back(other);
  std::map<int, char> siblings = findSiblings();
  auto areStopped = [&](const std::vector<int> &ranks) {
    return std::all_of(ranks.begin(), ranks.end(), [&](int other) {
      auto found = siblings.find(other);
      return found != siblings.end() && found->second == 'T';
    });
  };
  auto state = [&](const std::vector<int> &ranks) -> std::string {
    bool one = ranks.size() == 1;
    if (areStopped(ranks))
      return one ? "is stopped" : "are stopped";
    return one ? "does not answer" : "do not answer";
  };
  if (!silentHere.empty())
    return listRanks(silentHere) + ", which " + state(silentHere);
  // All of them wait, for others.
  std::string text = listRanks(expected);
  if (!expected.empty())
    text += ", which waits in " +
            answers[static_cast<size_t>(expected.front())].place;
  if (!silent.empty())
    text += "; " + listRanks(silent) + " " + state(silent);
  return text;
}

Error stallError(double seconds, int rank, const std::string &what) {
  char limit[32];
  std::snprintf(limit, sizeof(limit), "%g", seconds);
  return Error{"--timeout",
               "after " + std::string(limit) + " s, rank " +
                   std::to_string(rank) + " still " + what,
               "see whether those ranks are alive; --timeout sets the limit"};
}

} // namespace dpc::rt
