//===- TestCard.h - Kernels on the stand-in, for its tests ------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_HOSTCUDA_TESTCARD_H
#define DPC_TEST_HOSTCUDA_TESTCARD_H

#include "test/hostcuda/Api.h"

#include <functional>
#include <string>
#include <vector>

namespace dpc::hostcuda {

/// Ends the process with a message where something that must succeed does not.
void require(CUresult result, const char *what);

/// The card with one module loaded.
class Card {
public:
  explicit Card(const std::string &ptx);

  template <class T> CUdeviceptr upload(const std::vector<T> &values) {
    CUdeviceptr at = allocate(values.size() * sizeof(T));
    require(cuMemcpyHtoD_v2(at, values.data(), values.size() * sizeof(T)),
            "upload");
    return at;
  }
  template <class T> std::vector<T> download(CUdeviceptr at, size_t count) {
    std::vector<T> values(count);
    require(cuMemcpyDtoH_v2(values.data(), at, count * sizeof(T)), "download");
    return values;
  }
  CUdeviceptr allocate(size_t bytes);
  CUstream makeStream();
  CUevent makeEvent();

  /// Every argument has eight bytes. The kernel's own faults come out of the
  /// next call that waits.
  void launch(const std::string &kernel, unsigned grid, unsigned block,
              std::vector<uint64_t> arguments, CUstream stream = nullptr,
              unsigned shared = 0);
  CUfunction find(const std::string &kernel);

private:
  CUmodule module;
};

struct Outcome {
  /// Of cuCtxSynchronize() at the end.
  int result;
  std::string errors;
};

/// Runs `body` in a process of its own, as a fault ends what the card can do.
/// `environment` is NAME=VALUE.
Outcome runApart(const std::function<void()> &body,
                 const std::vector<std::string> &environment = {});

/// A module of these functions, for sm_90.
std::string makeModule(const std::string &functions);

/// All modules that the tests make, which an assembler should accept.
std::vector<std::string> &getModules();

} // namespace dpc::hostcuda

#endif // DPC_TEST_HOSTCUDA_TESTCARD_H
