//===- TestFiles.h - Files and programs for tests ---------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_RUNTIME_TESTFILES_H
#define DPC_TEST_RUNTIME_TESTFILES_H

#include "runtime/CPU/CPUDevice.h"
#include "runtime/Core/Program.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace dpc::rt {

inline CPUDevice device;

/// As the runtime prints errors, with `what` in it.
inline void expectError(const std::string &line, const std::string &what) {
  EXPECT_TRUE(line.starts_with("dpc: error: ")) << line;
  EXPECT_NE(line.find(what), std::string::npos) << line;
  EXPECT_EQ(line.find('\n'), std::string::npos);
}

/// A folder that is gone after the test.
struct Folder {
  Folder() {
    static int count = 0;
    path = std::filesystem::temp_directory_path() /
           ("dpc-readers-" + std::to_string(::getpid()) + "-" +
            std::to_string(count++));
    if (!std::filesystem::create_directory(path))
      std::abort();
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string save(const std::string &name, std::string_view bytes) const {
    std::ofstream(path + "/" + name, std::ios::binary) << bytes;
    return path + "/" + name;
  }
  std::string path;
};

template <typename T> std::string bytesOf(const std::vector<T> &values) {
  return std::string(reinterpret_cast<const char *>(values.data()),
                     values.size() * sizeof(T));
}

/// A program with the inputs `x` (u8, rows of `row`, split over the axis) and
/// `y` (a label).
inline Program makeProgram(int64_t batch, int64_t ranks, Shape row,
                           DpcType label) {
  Program program;
  program.mesh.axes = {{"data", ranks}};
  program.ranks = ranks;
  program.batch = batch;
  int64_t local = (batch + ranks - 1) / ranks;
  Input x, y;
  x.name = "x";
  x.dtype = DPC_U8;
  x.batchDim = 0;
  x.batchAxes = {"data"};
  x.shape = x.globalShape = row;
  x.shape.insert(x.shape.begin(), local);
  x.globalShape.insert(x.globalShape.begin(), batch);
  x.bytes = *byteCount(x.shape, x.dtype);
  y = x;
  y.name = "y";
  y.isLabel = true;
  y.dtype = label;
  y.shape = {local};
  y.globalShape = {batch};
  y.bytes = *byteCount(y.shape, y.dtype);
  y.offset = (x.bytes + 63) / 64 * 64;
  program.inputs = {x, y};
  program.memoryBytes = y.offset + y.bytes;
  return program;
}

} // namespace dpc::rt

#endif // DPC_TEST_RUNTIME_TESTFILES_H
