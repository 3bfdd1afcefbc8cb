//===- Machine.cpp - What a step costs ------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/DistDialect.h"

using namespace mlir;

namespace dpc::dist {

LogicalResult LinkAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                               int64_t ranks, int64_t latency,
                               int64_t bandwidth) {
  if (ranks < 0 || latency < 0)
    return emitError() << "ranks and latency must not be negative";
  if (bandwidth <= 0)
    return emitError() << "bandwidth must be positive";
  return success();
}

double LinkAttr::getSeconds(double bytes) const {
  return 1e-9 * static_cast<double>(getLatency()) +
         bytes / static_cast<double>(getBandwidth());
}

LogicalResult MachineAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                  int64_t compute, int64_t narrow,
                                  int64_t memory, int64_t launch,
                                  ArrayRef<LinkAttr> links) {
  if (compute <= 0 || memory <= 0)
    return emitError() << "compute and memory must be positive";
  if (narrow < 0)
    return emitError() << "narrow must not be negative";
  if (launch < 0)
    return emitError() << "launch must not be negative";
  if (links.empty() || links.back().getRanks() != 0)
    return emitError() << "the last link must join all ranks, with ranks = 0";
  for (auto [inner, outer] : llvm::zip(links, links.drop_front()))
    if (inner.getRanks() == 0 ||
        (outer.getRanks() != 0 && (outer.getRanks() <= inner.getRanks() ||
                                   outer.getRanks() % inner.getRanks() != 0)))
      return emitError()
             << "each link must join a multiple of the ranks of the "
                "link before";
  return success();
}

// A core and its part of the memory's bandwidth; between ranks on one host, what
// messages of up to a kilobyte take, and what sums and copies of larger ones reach
// there while they are in the cache (1 to 15 GB/s in all).
MachineAttr MachineAttr::getDefault(MLIRContext *context) {
  // A program without a mesh has nothing else of the dialect.
  context->getOrLoadDialect<DistDialect>();
  return get(context, /*compute=*/50'000'000'000, /*memory=*/10'000'000'000,
             /*launch=*/0,
             LinkAttr::get(context, /*ranks=*/0, /*latency=*/2'000,
                           /*bandwidth=*/10'000'000'000));
}

double MachineAttr::getComputeSeconds(double flops, Type elementType) const {
  auto type = dyn_cast<FloatType>(elementType);
  bool isNarrow = getNarrow() && type && type.getWidth() < 32;
  return flops / static_cast<double>(isNarrow ? getNarrow() : getCompute());
}

double MachineAttr::getMemorySeconds(double bytes) const {
  return bytes / static_cast<double>(getMemory());
}

double MachineAttr::getLaunchSeconds() const {
  return 1e-9 * static_cast<double>(getLaunch());
}

LinkAttr MachineAttr::getLink(MeshOp mesh, ArrayAttr axes) const {
  if (getLinks().size() == 1)
    return getLinks().front();
  // The group of a rank lies within the block of ranks from one step of its
  // slowest axis to the next. Microbatches have no ranks of their own.
  int64_t block = 1, microbatches = mesh.getAxisSize(kMicrobatchAxis);
  for (auto axis : axes.getAsValueRange<StringAttr>())
    if (std::optional<RankDigit> digit = getRankDigit(mesh, axis);
        digit && digit->size > 1)
      block = std::max(block, digit->stride * digit->size);
  block = std::max<int64_t>(1, block / std::max<int64_t>(1, microbatches));
  for (LinkAttr link : getLinks())
    if (link.getRanks() != 0 && link.getRanks() % block == 0)
      return link;
  return getLinks().back();
}

MachineAttr getMachine(Operation *op) {
  auto mesh = dyn_cast<MeshOp>(op);
  if (!mesh)
    mesh = getMesh(op);
  MachineAttr machine = mesh ? mesh.getMachineAttr() : MachineAttr();
  return machine ? machine : MachineAttr::getDefault(op->getContext());
}

} // namespace dpc::dist
