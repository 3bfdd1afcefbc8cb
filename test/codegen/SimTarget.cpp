//===- SimTarget.cpp - A target with a device, for tests ------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/codegen/SimTarget.h"

#include "compiler/Target/CPU/CPUTarget.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Pass/Pass.h"

using namespace mlir;
using namespace dpc;

namespace {

/// A kernel's loops become @k_device, of an array of addresses, which stands for
/// a device's code; @k, of the context and the addresses, has it run:
///   @k(ctx, a, b)  { dpc_sim_launch(ctx, @k_device, [a, b], 2) }
struct AddStarters : PassWrapper<AddStarters, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(AddStarters)

  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto kernels = llvm::to_vector(llvm::make_filter_range(
        module.getOps<LLVM::LLVMFuncOp>(),
        [](LLVM::LLVMFuncOp function) { return !function.isDeclaration(); }));
    Builder b(&getContext());
    auto pointer = LLVM::LLVMPointerType::get(&getContext());
    auto launch =
        make(module.getBody()->getOperations().begin(), "dpc_sim_launch",
             {pointer, pointer, pointer, b.getI32Type()});
    for (LLVM::LLVMFuncOp kernel : kernels) {
      std::string name = kernel.getName().str();
      kernel.setName(name + "_loops");
      unsigned count = kernel.getNumArguments();
      LLVM::LLVMFuncOp device =
          make(Block::iterator(kernel), name + "_device", {pointer});
      fill(device, [&](OpBuilder &builder, Location loc) {
        SmallVector<Value> addresses;
        for (unsigned i = 0; i < count; ++i)
          addresses.push_back(LLVM::LoadOp::create(
              builder, loc, pointer,
              getElement(builder, loc, device.getArgument(0), i)));
        LLVM::CallOp::create(builder, loc, kernel, addresses);
      });
      LLVM::LLVMFuncOp starter = make(Block::iterator(kernel), name,
                                      SmallVector<Type>(count + 1, pointer));
      fill(starter, [&](OpBuilder &builder, Location loc) {
        Value number =
            LLVM::ConstantOp::create(builder, loc, b.getI32IntegerAttr(count));
        Value array =
            LLVM::AllocaOp::create(builder, loc, pointer, pointer, number);
        for (unsigned i = 0; i < count; ++i)
          LLVM::StoreOp::create(builder, loc, starter.getArgument(i + 1),
                                getElement(builder, loc, array, i));
        Value code = LLVM::AddressOfOp::create(builder, loc, device);
        LLVM::CallOp::create(
            builder, loc, launch,
            ValueRange{starter.getArgument(0), code, array, number});
      });
    }
  }

private:
  /// A declaration in front of `at`.
  LLVM::LLVMFuncOp make(Block::iterator at, StringRef name,
                        ArrayRef<Type> arguments) {
    OpBuilder builder(getOperation().getBody(), at);
    return LLVM::LLVMFuncOp::create(
        builder, getOperation().getLoc(), name,
        LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(&getContext()),
                                    arguments));
  }

  static void fill(LLVM::LLVMFuncOp function,
                   function_ref<void(OpBuilder &, Location)> build) {
    OpBuilder builder(function.getContext());
    function.setLinkage(LLVM::Linkage::Internal);
    builder.setInsertionPointToStart(function.addEntryBlock(builder));
    build(builder, function.getLoc());
    LLVM::ReturnOp::create(builder, function.getLoc(), ValueRange());
  }

  static Value getElement(OpBuilder &builder, Location loc, Value array,
                          int32_t i) {
    return LLVM::GEPOp::create(builder, loc, array.getType(), array.getType(),
                               array, ArrayRef<LLVM::GEPArg>{i});
  }
};

} // namespace

void test::SimTarget::addKernelPasses(OpPassManager &pm) const {
  CPUTarget().addKernelPasses(pm);
  pm.addPass(std::make_unique<AddStarters>());
}
