//===- Doctor.h - what dpc needs on this machine ----------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_COMPILER_DRIVER_DOCTOR_H
#define DPC_COMPILER_DRIVER_DOCTOR_H

#include <string>
#include <vector>

namespace dpc {

/// What one look at the machine found.
struct Finding {
  enum class State {
    Ok,
    Note,    ///< works, but may be better
    Missing, ///< does not work
  };
  explicit Finding(std::string name) : name(std::move(name)) {}

  std::string name;
  State state = State::Ok;
  std::string found;
  std::string advice;                ///< what to do about it; may be empty
  std::vector<std::string> packages; ///< of Debian, that bring it
};

/// A library that an executable needs where it runs.
struct NeededLibrary {
  std::string name;    ///< as the loader looks for it: libmpi.so.40
  std::string package; ///< of Debian; empty: unknown
};

/// What compiling needs: compiler, linker, runtime, libraries.
std::vector<Finding> findBuildTools();
/// What running needs: mpirun and libraries.
std::vector<Finding> findRunTools();
/// Processor, memory and places for files.
std::vector<Finding> findMachine();

/// Debian's package of a library that an executable needs; empty: unknown.
std::string getPackage(const std::string &library);

/// Compiles a small model and trains it on two ranks, all in a temporary
/// folder. What the executable needs is put into `libraries`.
Finding tryModel(std::vector<NeededLibrary> &libraries);

/// `dpc doctor`: text or JSON on standard output. Exit status: 1 if something
/// is missing.
int doctor(bool json);

} // namespace dpc

#endif // DPC_COMPILER_DRIVER_DOCTOR_H
