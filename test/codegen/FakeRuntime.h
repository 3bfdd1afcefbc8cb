//===- FakeRuntime.h - Ranks as threads -------------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_CODEGEN_FAKERUNTIME_H
#define DPC_TEST_CODEGEN_FAKERUNTIME_H

#include "dialects/Dist/DistDialect.h"
#include "runtime/Core/ABI.h"

#include <barrier>
#include <map>
#include <vector>

namespace dpc::test {

/// All ranks of a mesh in one process. Started collectives do nothing but
/// poison their buffers until the wait, so that who touches them is found out.
struct World {
  dist::MeshOp mesh;
  std::vector<mlir::ArrayAttr> groups;
  std::barrier<> barrier;
  std::vector<DpcContext *> ranks;

  World(dist::MeshOp mesh, std::vector<mlir::ArrayAttr> groups, int64_t size)
      : mesh(mesh), groups(std::move(groups)), barrier(size) {}
};

/// Calls `step` on all ranks' arenas.
void runOnAllRanks(World &world, DpcStepFn step,
                   const std::vector<char *> &arenas);

/// The functions of runtime/Core/ABI.h by name.
std::map<std::string, void *> getRuntimeFunctions();

} // namespace dpc::test

#endif // DPC_TEST_CODEGEN_FAKERUNTIME_H
