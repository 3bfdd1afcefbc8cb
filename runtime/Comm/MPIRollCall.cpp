//===- MPIRollCall.cpp - Finding out who is late --------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Comm/MPIRollCall.h"
#include "runtime/Comm/Patience.h"

#include <algorithm>
#include <sched.h>

namespace dpc::rt {

namespace {

constexpr int questionTag = 1, answerTag = 2;
constexpr size_t maxText = 256;

} // namespace

void MPIRollCall::create() {
  mpi.Comm_dup(mpi.world, &comm);
  mpi.Comm_rank(comm, &rank);
  mpi.Comm_size(comm, &size);
}

void MPIRollCall::free() {
  if (comm != mpi.noComm)
    mpi.Comm_free(&comm);
}

void MPIRollCall::send(int to, int tag, std::string text) {
  const std::string &kept = sent.emplace_back(std::move(text));
  MPI_Request request;
  if (mpi.Isend(kept.data(), static_cast<int>(kept.size()), mpi.character, to,
                tag, comm, &request) == MPI_SUCCESS)
    mpi.Request_free(&request);
}

/// The next message with that tag, if one has come.
static bool receive(MPI_Comm comm, int tag, int &from, std::string &text) {
  int came = 0, length = 0;
  MPI_Status status;
  if (mpi.Iprobe(MPI_ANY_SOURCE, tag, comm, &came, &status) != MPI_SUCCESS ||
      !came)
    return false;
  mpi.Get_count(&status, mpi.character, &length);
  from = status.MPI_SOURCE;
  text.resize(static_cast<size_t>(length));
  return mpi.Recv(text.data(), length, mpi.character, from, tag, comm,
                  MPI_STATUS_IGNORE) == MPI_SUCCESS;
}

// A question is the number of the asker's round, an answer repeats it: one that
// comes late is no answer to the next question.

void MPIRollCall::answer(const std::optional<std::string> &place) {
  int from = 0;
  std::string question;
  while (receive(comm, questionTag, from, question))
    send(from, answerTag,
         question + (place ? " " + place->substr(0, maxText) : ""));
}

std::vector<Answer> MPIRollCall::ask(const std::string &place) {
  std::vector<Answer> answers(static_cast<size_t>(size));
  std::string question = std::to_string(++round);
  for (int other = 0; other < size; ++other)
    if (other != rank)
      send(other, questionTag, question);
  int missing = size - 1;
  Patience patience(kAnswerSeconds);
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

} // namespace dpc::rt
