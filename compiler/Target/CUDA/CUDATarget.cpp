//===- CUDATarget.cpp - Ranks on NVIDIA's GPUs ----------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Target/CUDA/CUDATarget.h"
#include "compiler/Target/CUDA/Passes.h"
#include "dialects/Support/ProductParts.h"
#include "dialects/Support/ProductWorkspace.h"

#include "mlir/Pass/PassManager.h"

using namespace mlir;
using namespace dpc;

// A100: f32 outside of tensor cores, 16-bit types in them, its memory, what starting a kernel takes;
// between ranks the host, through whose memory tensors go.
dist::MachineAttr CUDATarget::getMachine(MLIRContext *context) const {
  return dist::MachineAttr::get(
      context, /*compute=*/19'500'000'000'000,
      /*narrow=*/312'000'000'000'000, /*memory=*/1'500'000'000'000,
      /*launch=*/4'000,
      dist::LinkAttr::get(context, /*ranks=*/0, /*latency=*/30'000,
                          /*bandwidth=*/5'000'000'000));
}

bool CUDATarget::hasForm(TypeID kind, Type elementType) const {
  return (kind == TypeID::get<plan::MatmulAttr>() ||
          kind == TypeID::get<plan::ProductAttr>()) &&
         isa<Float32Type, Float16Type, BFloat16Type>(elementType);
}

bool CUDATarget::computes(plan::LibraryFormAttrInterface form,
                          TypeRange operands, TypeRange results) const {
  if (!TargetInfo::computes(form, operands, results))
    return false;
  auto product = dyn_cast<plan::ProductAttr>(form);
  // What a GELU is applied to is stored in rows of a multiple of 8 elements.
  return !product || !product.has(kKeep | kGeluGradient) ||
         product.getSizes(operands, results).n % 8 == 0;
}

int64_t CUDATarget::getWorkspaceBytes(plan::LibraryFormAttrInterface form,
                                      TypeRange operands,
                                      TypeRange results) const {
  auto type = cast<ShapedType>(results[0]);
  return isa<plan::MatmulAttr, plan::ProductAttr>(form)
             ? getProductWorkspace(type.getNumElements())
             : 0;
}

// A block reduces one row, or a tile of 64 neighbours. A GPU has 108 to 188
// processors: that many blocks are enough, some times as many better, but each
// should have 16 terms a thread.
int64_t CUDATarget::getReductionParts(int64_t results, int64_t terms,
                                      bool isInnermost) const {
  constexpr int64_t kEnoughBlocks = 128, kBlocks = 512;
  int64_t blocks = isInnermost ? results : llvm::divideCeil(results, 64);
  if (blocks == 0 || blocks >= kEnoughBlocks)
    return 1;
  return std::max<int64_t>(
      1, std::min(kBlocks / blocks, terms / (isInnermost ? 4096 : 64)));
}

// Within a term each thread is alone.
bool CUDATarget::reducesWithinTerms(int64_t terms) const { return terms < 8; }

// NCCL has for each channel of a communicator the buffers of its three protocols:
// 512 KiB, 4.7 MiB and 4 MiB. How many channels there are, it finds out from the
// links between the GPUs; 16 are usual within a machine.
std::vector<plan::LibraryMemory>
CUDATarget::getLibraryMemory(int64_t ranks, ArrayRef<int64_t> groups) const {
  if (ranks == 1)
    return {};
  constexpr int64_t channels = 16,
                    buffers = 8 * 512 * 8 * 16 + 120 * 640 * 8 * 8 + (4 << 20);
  // One of all ranks, and those of the groups that differ from it.
  int64_t communicators = 1 + llvm::count_if(groups, [&](int64_t size) {
                            return size > 1 && size < ranks;
                          });
  return {{"NCCL", communicators * channels * buffers,
           std::to_string(communicators) +
               (communicators == 1 ? " communicator x " : " communicators x ") +
               std::to_string(channels) + " channels x " +
               std::to_string(buffers) + " B"}};
}

FailureOr<std::string> CUDATarget::emitDeviceCode(ModuleOp module) const {
  OwningOpRef<ModuleOp> lowered = module.clone();
  PassManager pm(module.getContext());
  addKernelPasses(pm);
  if (failed(pm.run(*lowered)))
    return failure();
  return getEmbeddedPTX(*lowered).str();
}
