//===- SplitDeviceKernels.cpp - Kernels and what starts them --------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Target/CUDA/DeviceKernel.h"
#include "compiler/Target/CUDA/Passes.h"
#include "dialects/Support/ProductParts.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringMap.h"

#include <numeric>

using namespace mlir;
using namespace dpc;

namespace {

/// Of buffers, by which their addresses can be divided: the arena's own.
constexpr int64_t kArenaAlignment = 256;

struct SplitDeviceKernels
    : PassWrapper<SplitDeviceKernels, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(SplitDeviceKernels)

  StringRef getArgument() const override { return "cuda-split-kernels"; }
  StringRef getDescription() const override {
    return "Kernels to functions of the device and what starts them";
  }
  void getDependentDialects(DialectRegistry &registry) const override {
    registry
        .insert<arith::ArithDialect, func::FuncDialect, LLVM::LLVMDialect,
                math::MathDialect, memref::MemRefDialect, scf::SCFDialect>();
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    llvm::StringMap<SmallVector<int64_t>> alignments = findAlignments();
    OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
    auto device = ModuleOp::create(builder, module.getLoc(), "dpc_device");
    /// What was written, by the kernel's text.
    struct Written {
      int32_t number;
      DeviceLaunch launch;
    };
    llvm::StringMap<Written> known;
    for (plan::KernelOp kernel :
         llvm::to_vector(module.getOps<plan::KernelOp>())) {
      SmallVector<int64_t> aligned = alignments.lookup(kernel.getSymName());
      // Without launches, as in tests.
      aligned.resize(kernel.getBufferTypes().size(), kArenaAlignment);
      std::string name = kernel.getSymName().str();
      auto [entry, isNew] =
          known.try_emplace(describe(kernel, aligned), Written());
      Written &written = entry->second;
      if (isNew) {
        FailureOr<DeviceLaunch> launch =
            writeDeviceKernel(kernel, device, name, aligned);
        if (failed(launch))
          return signalPassFailure();
        written = {static_cast<int32_t>(known.size() - 1), *launch};
        if (Operation *function = device.lookupSymbol(name))
          function->setAttr(kBuffersAttr,
                            builder.getStringAttr(describeBuffers(kernel)));
      }
      writeStarter(kernel, written.number, written.launch);
      kernel.erase();
    }
    llvm::SetVector<Type> multiplied, finished;
    module.walk([&](plan::LibraryOp call) {
      Type type = getElementTypeOrSelf(call.getOutputs()[0].getType());
      auto product = dyn_cast<plan::ProductAttr>(call.getForm());
      if (product || isa<plan::MatmulAttr>(call.getForm()))
        multiplied.insert(type);
      if (product && product.has(kEpilogue))
        finished.insert(type);
    });
    for (Type type : multiplied)
      if (failed(addProductKernel(device, type)))
        return signalPassFailure();
    for (Type type : finished)
      if (failed(addEpilogueKernels(device, type)))
        return signalPassFailure();
  }

private:
  /// By kernel, of each buffer.
  llvm::StringMap<SmallVector<int64_t>> findAlignments() {
    llvm::StringMap<SmallVector<int64_t>> alignments;
    getOperation().walk([&](plan::LaunchOp launch) {
      SmallVector<int64_t> &known = alignments[launch.getKernel()];
      known.resize(launch.getBuffers().size(), kArenaAlignment);
      for (auto [alignment, buffer] :
           llvm::zip_equal(known, launch.getBuffers())) {
        auto slot = buffer.getDefiningOp<plan::SlotOp>();
        if (!slot)
          continue;
        alignment = std::gcd(alignment, slot.getOffset());
        if (plan::TurnAttr turn = slot.getTurnAttr())
          alignment = std::gcd(alignment, turn.getStride());
      }
    });
    return alignments;
  }

  /// All that its code depends on.
  static std::string describe(plan::KernelOp kernel,
                              ArrayRef<int64_t> alignments) {
    std::string text, name = kernel.getSymName().str();
    llvm::raw_string_ostream os(text);
    kernel.setSymName("kernel");
    kernel.print(os, OpPrintingFlags().useLocalScope());
    kernel.setSymName(name);
    llvm::interleaveComma(alignments, os);
    return text;
  }

  static std::string describeBuffers(plan::KernelOp kernel) {
    std::string text;
    for (auto [index, type] : llvm::enumerate(kernel.getBufferTypes())) {
      int64_t buffer = static_cast<int64_t>(index);
      bool isRead = llvm::is_contained(kernel.getInputs(), buffer);
      bool isWritten = llvm::is_contained(kernel.getOutputs(), buffer);
      StringRef kind = !isWritten ? "in" : isRead ? "inout" : "out";
      text +=
          (Twine(index ? ", " : "") + kind + " " + Twine(plan::getBytes(type)))
              .str();
    }
    return text;
  }

  LLVM::LLVMFuncOp declare(StringRef name, ArrayRef<Type> arguments) {
    ModuleOp module = getOperation();
    if (auto known = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
      return known;
    OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
    return LLVM::LLVMFuncOp::create(
        builder, module.getLoc(), name,
        LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(&getContext()),
                                    arguments));
  }

  void writeStarter(plan::KernelOp kernel, int32_t number,
                    const DeviceLaunch &launch) {
    OpBuilder builder(kernel);
    Location loc = kernel.getLoc();
    auto pointer = LLVM::LLVMPointerType::get(&getContext());
    Type i32 = builder.getI32Type(), i64 = builder.getI64Type();
    SmallVector<MemRefType> buffers = kernel.getBufferTypes();
    int32_t count = static_cast<int32_t>(buffers.size());
    // The kernel still has the name.
    auto starter = LLVM::LLVMFuncOp::create(
        builder, loc, kernel.getSymName(),
        LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(&getContext()),
                                    SmallVector<Type>(count + 1, pointer)));
    starter.setLinkage(LLVM::Linkage::Internal);
    builder.setInsertionPointToStart(starter.addEntryBlock(builder));
    auto constant = [&](Type type, int64_t value) -> Value {
      return LLVM::ConstantOp::create(builder, loc,
                                      builder.getIntegerAttr(type, value));
    };
    Value context = starter.getArgument(0);
    if (launch.grid > 0) {
      Value array = LLVM::AllocaOp::create(builder, loc, pointer, pointer,
                                           constant(i32, count));
      for (int32_t i = 0; i < count; ++i) {
        Value place = LLVM::GEPOp::create(builder, loc, pointer, pointer, array,
                                          ArrayRef<LLVM::GEPArg>{i});
        LLVM::StoreOp::create(builder, loc, starter.getArgument(i + 1), place);
      }
      LLVM::CallOp::create(
          builder, loc,
          declare("dpc_launch", {pointer, i32, i64, i32, pointer, i32}),
          ValueRange{context, constant(i32, number), constant(i64, launch.grid),
                     constant(i32, launch.block), array, constant(i32, count)});
    }
    LLVM::ReturnOp::create(builder, loc, ValueRange());
  }
};

} // namespace

std::unique_ptr<Pass> dpc::createSplitDeviceKernels() {
  return std::make_unique<SplitDeviceKernels>();
}
