//===- TestCard.cpp - Kernels on the stand-in, for its tests --------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/TestCard.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

using namespace dpc::hostcuda;

void dpc::hostcuda::require(CUresult result, const char *what) {
  if (result == CUDA_SUCCESS)
    return;
  const char *name = nullptr;
  cuGetErrorName(result, &name);
  std::fprintf(stderr, "%s: %s\n", what, name ? name : "an unknown error");
  std::_Exit(3);
}

std::string dpc::hostcuda::makeModule(const std::string &functions) {
  return ".version 8.0\n.target sm_90\n.address_size 64\n" + functions;
}

Card::Card(const std::string &ptx) {
  require(cuInit(0), "cuInit");
  CUdevice device;
  require(cuDeviceGet(&device, 0), "cuDeviceGet");
  CUcontext context;
  require(cuDevicePrimaryCtxRetain(&context, device),
          "cuDevicePrimaryCtxRetain");
  require(cuCtxSetCurrent(context), "cuCtxSetCurrent");
  require(cuModuleLoadData(&module, ptx.c_str()), "cuModuleLoadData");
}

CUdeviceptr Card::allocate(size_t bytes) {
  CUdeviceptr result;
  require(cuMemAlloc_v2(&result, bytes), "cuMemAlloc");
  return result;
}

CUstream Card::makeStream() {
  CUstream result;
  require(cuStreamCreate(&result, CU_STREAM_NON_BLOCKING), "cuStreamCreate");
  return result;
}

CUevent Card::makeEvent() {
  CUevent result;
  require(cuEventCreate(&result, CU_EVENT_DISABLE_TIMING), "cuEventCreate");
  return result;
}

CUfunction Card::find(const std::string &kernel) {
  CUfunction result;
  require(cuModuleGetFunction(&result, module, kernel.c_str()), kernel.c_str());
  return result;
}

void Card::launch(const std::string &kernel, unsigned grid, unsigned block,
                  std::vector<uint64_t> arguments, CUstream stream,
                  unsigned shared) {
  std::vector<void *> pointers;
  for (uint64_t &argument : arguments)
    pointers.push_back(&argument);
  CUresult result = cuLaunchKernel(find(kernel), grid, 1, 1, block, 1, 1,
                                   shared, stream, pointers.data(), nullptr);
  // A fault that comes at once is seen by whoever waits.
  if (result < CUDA_ERROR_ILLEGAL_ADDRESS)
    require(result, kernel.c_str());
}

Outcome dpc::hostcuda::runApart(const std::function<void()> &body,
                                const std::vector<std::string> &environment) {
  int ends[2];
  if (pipe(ends))
    std::abort();
  pid_t child = fork();
  if (!child) {
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    for (const std::string &setting : environment)
      putenv(const_cast<char *>(setting.c_str()));
    body();
    CUresult result = cuCtxSynchronize();
    std::_Exit(result == CUDA_SUCCESS ? 0 : 1);
  }
  close(ends[1]);
  Outcome outcome{-1, ""};
  char buffer[4096];
  for (ssize_t got; (got = read(ends[0], buffer, sizeof(buffer))) > 0;)
    outcome.errors.append(buffer, static_cast<size_t>(got));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  outcome.result = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

std::vector<std::string> &dpc::hostcuda::getModules() {
  static std::vector<std::string> modules;
  return modules;
}

/// With --modules FOLDER the tests' PTX is written there, and nothing else done.
int main(int argc, char **argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc == 3 && std::string(argv[1]) == "--modules") {
    for (size_t i = 0; i < getModules().size(); ++i)
      std::ofstream(std::string(argv[2]) + "/" + std::to_string(i) + ".ptx")
          << getModules()[i];
    return 0;
  }
  return RUN_ALL_TESTS();
}
