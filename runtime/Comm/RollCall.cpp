//===- RollCall.cpp - Finding out who is late -----------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Comm/RollCall.h"
#include "runtime/Comm/Patience.h"
#include "runtime/Comm/Siblings.h"

#include <algorithm>
#include <cstdio>
#include <sched.h>

namespace dpc::rt {

namespace {

constexpr int questionTag = 1, answerTag = 2;
constexpr size_t maxText = 256;
/// Seconds within which a rank that waits has answered, on a busy machine too.
constexpr double answerTime = 3;

} // namespace

void RollCall::create() {
  MPI_Comm_dup(MPI_COMM_WORLD, &comm);
  MPI_Comm_rank(comm, &rank);
  MPI_Comm_size(comm, &size);
}

void RollCall::free() {
  if (comm != MPI_COMM_NULL)
    MPI_Comm_free(&comm);
}

void RollCall::send(int to, int tag, std::string text) {
  const std::string &kept = sent.emplace_back(std::move(text));
  MPI_Request request;
  if (MPI_Isend(kept.data(), static_cast<int>(kept.size()), MPI_CHAR, to, tag,
                comm, &request) == MPI_SUCCESS)
    MPI_Request_free(&request);
}

/// The next message with that tag, if one has come.
static bool receive(MPI_Comm comm, int tag, int &from, std::string &text) {
  int came = 0, length = 0;
  MPI_Status status;
  if (MPI_Iprobe(MPI_ANY_SOURCE, tag, comm, &came, &status) != MPI_SUCCESS ||
      !came)
    return false;
  MPI_Get_count(&status, MPI_CHAR, &length);
  from = status.MPI_SOURCE;
  text.resize(static_cast<size_t>(length));
  return MPI_Recv(text.data(), length, MPI_CHAR, from, tag, comm,
                  MPI_STATUS_IGNORE) == MPI_SUCCESS;
}

// A question is the number of the asker's round, an answer repeats it: one that
// comes late is no answer to the next question.

void RollCall::answer(const std::optional<std::string> &place) {
  int from = 0;
  std::string question;
  while (receive(comm, questionTag, from, question))
    send(from, answerTag,
         question + (place ? " " + place->substr(0, maxText) : ""));
}

std::vector<Answer> RollCall::ask(const std::string &place) {
  std::vector<Answer> answers(static_cast<size_t>(size));
  std::string question = std::to_string(++round);
  for (int other = 0; other < size; ++other)
    if (other != rank)
      send(other, questionTag, question);
  int missing = size - 1;
  Patience patience(answerTime);
  while (missing > 0 && !patience.isOver()) {
    int from = 0;
    std::string text;
    while (receive(comm, answerTag, from, text)) {
      size_t space = std::min(text.find(' '), text.size());
      if (text.substr(0, space) != question)
        continue;
      answers[static_cast<size_t>(from)] = {
          true, space == text.size(),
          text.substr(std::min(space + 1, text.size()))};
      --missing;
    }
    answer(place);
    ::sched_yield();
  }
  return answers;
}

/// "rank 1" or "ranks 1, 2, 3".
static std::string listRanks(const std::vector<int> &ranks) {
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
