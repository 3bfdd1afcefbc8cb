//===- Signals.h - Being asked to end ---------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The first signal that asks for an end is only noted: the ranks agree on the
// step behind which they stop, and write what they were asked for. A second one
// ends the process at once.
//
// One wish may reach a rank twice, from the terminal or a batch system and from
// the launcher, which passes it on. Hence the launcher's signals are counted
// apart.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CORE_SIGNALS_H
#define DPC_RUNTIME_CORE_SIGNALS_H

#include <string>

namespace dpc::rt {

/// Before any file is written.
void catchSignals();

/// The signal that asked this rank to end, 0 for none.
int endSignal();

/// Once all is written: signals that ask for an end are ignored.
void ignoreEndSignals();

/// Has a signal that ends the process remove this file too. Returns a number
/// for keepBySignal, -1 where there is no room.
int removeBySignal(const std::string &path);
void keepBySignal(int slot);

/// "SIGTERM".
std::string signalName(int signal);

} // namespace dpc::rt

#endif // DPC_RUNTIME_CORE_SIGNALS_H
