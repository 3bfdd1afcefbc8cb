//===- Foreign.h - Work of other libraries on the stand-in ------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// How what stands in for a library gives the stand-in for the driver work that
// is computed on the host, with the same checks as a kernel's.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_HOSTCUDA_FOREIGN_H
#define DPC_TEST_HOSTCUDA_FOREIGN_H

#include "test/hostcuda/Api.h"

#include <functional>
#include <string>
#include <vector>

namespace dpc::hostcuda {

/// Bytes of the card's memory that the work reads or writes.
struct ForeignRange {
  CUdeviceptr address;
  uint64_t bytes;
  bool writes;
};

/// Where bytes that were named lie on the host, for as long as the work runs.
using ForeignMemory = std::function<uint8_t *(CUdeviceptr)>;

/// Gives `body` to the stream. It touches what `ranges` say, and all of that.
/// `ready`, asked again and again when all before it is done, says whether it can
/// run without waiting for other processes; it may read what `ranges` say.
DPC_HOSTCUDA_API CUresult addForeign(
    CUstream stream, const std::string &name, std::vector<ForeignRange> ranges,
    std::function<void(const ForeignMemory &)> body,
    std::function<bool(const ForeignMemory &)> ready = nullptr);

/// The number of the process's card among all of this machine, whatever
/// CUDA_VISIBLE_DEVICES shows.
DPC_HOSTCUDA_API int getCard();

/// Reports a fault that a library finds: the line on standard error.
DPC_HOSTCUDA_API void reportForeignFault(const std::string &kind,
                                         const std::string &what);

} // namespace dpc::hostcuda

#endif // DPC_TEST_HOSTCUDA_FOREIGN_H
