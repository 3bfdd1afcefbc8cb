//===- BucketAllReduces.cpp - Merge gradients' all_reduces into buckets tha ===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Collectives/Passes.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_BUCKETALLREDUCES
#include "passes/Collectives/Passes.h.inc"
} // namespace dpc

namespace {
struct BucketAllReduces : dpc::impl::BucketAllReducesBase<BucketAllReduces> {
  using BucketAllReducesBase::BucketAllReducesBase;
  void runOnOperation() override {
    getOperation().emitError("dist-bucket-all-reduces is being written");
    signalPassFailure();
  }
};
} // namespace
