//===- MPIMessages.cpp - What MPI says ------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Comm/MPIMessages.h"

#include "runtime/Comm/MPILibrary.h"
#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace dpc::rt {

MPIMessages::MPIMessages() {
  if (getRunLog() >= 0)
    terminal = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (terminal >= 0) {
    setErrorDescriptor(terminal);
    ::dup2(getRunLog(), STDERR_FILENO);
  }
  descriptor = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (descriptor >= 0)
    ::setenv("OPAL_OUTPUT_STDERR_FD", std::to_string(descriptor).c_str(), 0);
  // Nor does it print the stack of a process that a signal ends.
  ::setenv("OMPI_MCA_opal_signal", "", 0);
}

void MPIMessages::divert() {
  restore();
  int memory = ::memfd_create("mpi", MFD_CLOEXEC);
  if (descriptor >= 0 && memory >= 0)
    ::dup3(memory, descriptor, O_CLOEXEC);
  if (memory >= 0)
    ::close(memory);
}

void MPIMessages::restore() {
  if (terminal < 0)
    return;
  ::dup2(terminal, STDERR_FILENO);
  setErrorDescriptor(STDERR_FILENO);
  ::close(terminal);
  terminal = -1;
}

std::string MPIMessages::read() const {
  std::string text(2000, '\0');
  ssize_t n = ::pread(descriptor, text.data(), text.size(), 0);
  text.resize(static_cast<size_t>(std::max<ssize_t>(n, 0)));
  return text;
}

std::string MPIMessages::text(int code) {
  char buffer[MPI_MAX_ERROR_STRING];
  int length = 0;
  mpi.Error_string(code, buffer, &length);
  return std::string(buffer, static_cast<size_t>(length));
}

void MPIMessages::check(Control &control, int code) const {
  if (code != MPI_SUCCESS)
    fatal(control,
          Error{"MPI",
                "rank " + std::to_string(control.rank()) + ": " + text(code),
                read()});
}

} // namespace dpc::rt
