//===- PlanToLLVM.cpp - Plan programs to the LLVM dialect -----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A program becomes a straight line of calls; see runtime/Core/ABI.h:
//
//   void dpc_train(ctx, arena) {
//     dpc_begin(ctx, 0);  train_k0(arena + 0, arena + 401408);  dpc_end(ctx,
//     0);
//     ...
//   }
//
//===----------------------------------------------------------------------===//

#include "passes/Lowering/Passes.h"

#include "dialects/Plan/PlanDialect.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

#include "runtime/Core/ABI.h"

using namespace mlir;
using namespace dpc;

namespace dpc {
#define GEN_PASS_DEF_PLANTOLLVM
#include "passes/Lowering/Passes.h.inc"
} // namespace dpc

namespace {

std::optional<DpcType> getDpcType(Type type) {
  if (type.isF32())
    return DPC_F32;
  if (type.isF64())
    return DPC_F64;
  if (type.isF16())
    return DPC_F16;
  if (type.isBF16())
    return DPC_BF16;
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer)
    return std::nullopt;
  bool isUnsigned = integer.isUnsigned();
  switch (integer.getWidth()) {
  case 1:
    return DPC_I1;
  case 8:
    return isUnsigned ? DPC_U8 : DPC_I8;
  case 16:
    return isUnsigned ? DPC_U16 : DPC_I16;
  case 32:
    return isUnsigned ? DPC_U32 : DPC_I32;
  case 64:
    return isUnsigned ? DPC_U64 : DPC_I64;
  default:
    return std::nullopt;
  }
}

DpcReduction getDpcReduction(nn::ReduceKind kind) {
  switch (kind) {
  case nn::ReduceKind::Sum:
    return DPC_SUM;
  case nn::ReduceKind::Max:
    return DPC_MAX;
  case nn::ReduceKind::Min:
    return DPC_MIN;
  }
  llvm_unreachable("unknown reduction");
}

class ProgramLowering {
public:
  explicit ProgramLowering(ModuleOp module)
      : module(module), builder(module.getContext()),
        groups(plan::getGroups(module)),
        pointer(LLVM::LLVMPointerType::get(module.getContext())) {}

  LogicalResult run() {
    auto programs = llvm::to_vector(module.getOps<plan::ProgramOp>());
    SmallVector<LLVM::LLVMFuncOp> functions;
    for (plan::ProgramOp program : programs) {
      FailureOr<LLVM::LLVMFuncOp> function = lower(program);
      if (failed(function))
        return failure();
      functions.push_back(*function);
      program.erase();
    }
    createTable(functions);
    return success();
  }

private:
  /// Instructions of one function: the time that LLVM takes grows faster than a
  /// straight line's length.
  static constexpr int64_t kPieceLength = 100;

  FailureOr<LLVM::LLVMFuncOp> lower(plan::ProgramOp program) {
    std::string name = ("dpc_" + program.getSymName()).str();
    SmallVector<LLVM::LLVMFuncOp> pieces;
    int64_t instr = 0;
    for (auto op :
         program.getBody().front().getOps<plan::InstructionOpInterface>()) {
      if (instr % kPieceLength == 0)
        pieces.push_back(
            begin(program, (name + "_" + Twine(pieces.size())).str()));
      loc = op->getLoc();
      Value number = constant32(instr++);
      call("dpc_begin", {context, number});
      if (failed(lowerInstruction(op, number)))
        return failure();
      call("dpc_end", {context, number});
    }
    for (LLVM::LLVMFuncOp piece : pieces)
      piece.setLinkage(LLVM::Linkage::Internal);
    LLVM::LLVMFuncOp whole = begin(program, name);
    for (LLVM::LLVMFuncOp piece : pieces)
      LLVM::CallOp::create(builder, loc, piece, ValueRange{context, arena});
    return whole;
  }

  /// A function of a context and an arena, to which instructions are added
  /// next.
  LLVM::LLVMFuncOp begin(plan::ProgramOp program, StringRef name) {
    loc = program.getLoc();
    builder.setInsertionPoint(program);
    auto type = LLVM::LLVMFunctionType::get(
        LLVM::LLVMVoidType::get(builder.getContext()), {pointer, pointer});
    auto function = LLVM::LLVMFuncOp::create(builder, loc, name, type);
    // A straight line of calls: optimizing it takes longer than all kernels.
    function->setAttr("passthrough",
                      builder.getStrArrayAttr({"noinline", "optnone"}));
    builder.setInsertionPointToStart(function.addEntryBlock(builder));
    context = function.getArgument(0);
    arena = function.getArgument(1);
    builder.setInsertionPoint(
        LLVM::ReturnOp::create(builder, loc, ValueRange()));
    return function;
  }

  LogicalResult lowerInstruction(plan::InstructionOpInterface op,
                                 Value number) {
    plan::Call description = op.getCall();
    SmallVector<Value> arguments;
    if (!description.isKernel)
      arguments.push_back(context);
    if (description.takesNumber)
      arguments.push_back(number);
    for (const plan::CallArgument &argument : description.arguments) {
      FailureOr<Value> value = std::visit(
          [&](const auto &what) { return lowerArgument(op, what); }, argument);
      if (failed(value))
        return failure();
      arguments.push_back(*value);
    }
    if (description.isKernel) {
      // Only a target whose kernels are no code of the host's wants the context.
      auto kernel = module.lookupSymbol<LLVM::LLVMFuncOp>(description.function);
      if (kernel && kernel.getNumArguments() > arguments.size())
        arguments.insert(arguments.begin(), context);
      LLVM::CallOp::create(builder, loc, TypeRange(), description.function,
                           arguments);
    } else
      call(description.function, arguments);
    return success();
  }

  FailureOr<Value> lowerArgument(Operation *, Value buffer) {
    return buffer ? address(buffer)
                  : LLVM::ZeroOp::create(builder, loc, pointer).getResult();
  }

  FailureOr<Value> lowerArgument(Operation *, int32_t value) {
    return constant32(value);
  }

  FailureOr<Value> lowerArgument(Operation *, int64_t value) {
    return constant64(value);
  }

  FailureOr<Value> lowerArgument(Operation *op, Type elementType) {
    if (std::optional<DpcType> code = getDpcType(elementType))
      return constant32(*code);
    return op->emitError("works on elements of type ")
           << elementType << ", which the runtime does not know";
  }

  FailureOr<Value> lowerArgument(Operation *, nn::ReduceKind kind) {
    return constant32(getDpcReduction(kind));
  }

  FailureOr<Value> lowerArgument(Operation *, ArrayAttr axes) {
    return constant32(llvm::find(groups, axes) - groups.begin());
  }

  Value constant32(int32_t value) {
    return LLVM::ConstantOp::create(builder, loc,
                                    builder.getI32IntegerAttr(value));
  }

  Value constant64(int64_t value) {
    return LLVM::ConstantOp::create(builder, loc,
                                    builder.getI64IntegerAttr(value));
  }

  Value address(Value buffer) {
    auto slot = buffer.getDefiningOp<plan::SlotOp>();
    return LLVM::GEPOp::create(
        builder, loc, pointer, builder.getI8Type(), arena,
        ArrayRef<LLVM::GEPArg>{constant64(slot.getOffset())});
  }

  void call(StringRef name, ArrayRef<Value> arguments) {
    auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(name);
    if (!function) {
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(module.getBody());
      function = LLVM::LLVMFuncOp::create(
          builder, module.getLoc(), name,
          LLVM::LLVMFunctionType::get(
              LLVM::LLVMVoidType::get(builder.getContext()),
              llvm::to_vector(ValueRange(arguments).getTypes())));
    }
    LLVM::CallOp::create(builder, loc, function, arguments);
  }

  /// dpc_step_functions, in the order of the programs.
  void createTable(ArrayRef<LLVM::LLVMFuncOp> functions) {
    loc = module.getLoc();
    builder.setInsertionPointToEnd(module.getBody());
    auto type = LLVM::LLVMArrayType::get(pointer, functions.size());
    auto table = LLVM::GlobalOp::create(builder, loc, type, /*isConstant=*/true,
                                        LLVM::Linkage::External,
                                        "dpc_step_functions", Attribute());
    builder.createBlock(&table.getInitializer());
    Value value = LLVM::UndefOp::create(builder, loc, type);
    for (auto [i, function] : llvm::enumerate(functions)) {
      Value address = LLVM::AddressOfOp::create(builder, loc, function);
      value = LLVM::InsertValueOp::create(builder, loc, value, address,
                                          static_cast<int64_t>(i));
    }
    LLVM::ReturnOp::create(builder, loc, value);
  }

  ModuleOp module;
  OpBuilder builder;
  SmallVector<ArrayAttr> groups;
  LLVM::LLVMPointerType pointer;
  Location loc = builder.getUnknownLoc();
  Value context, arena;
};

struct PlanToLLVM : dpc::impl::PlanToLLVMBase<PlanToLLVM> {
  using PlanToLLVMBase::PlanToLLVMBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (failed(ProgramLowering(module).run()))
      return signalPassFailure();
    // Meshes, parameters' files and the plan's attributes have served.
    for (Operation &op : llvm::make_early_inc_range(*module.getBody()))
      if (!isa<LLVM::LLVMDialect>(op.getDialect()))
        op.erase();
    SmallVector<StringAttr> names;
    for (NamedAttribute attr : module->getDiscardableAttrs())
      if (attr.getName().strref().starts_with("plan.") ||
          attr.getName().strref().starts_with("nn.") ||
          attr.getName().strref().starts_with("dist.") ||
          attr.getName().strref().starts_with("onnx."))
        names.push_back(attr.getName());
    for (StringAttr name : names)
      module->removeDiscardableAttr(name);
  }
};

} // namespace
