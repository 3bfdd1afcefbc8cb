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
// A loop calls the functions of its body with the iteration, by which these find
// what takes turns.
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

  /// Functions that do a part of a program, and how often they are called, one
  /// after the other, with the iteration.
  struct Part {
    SmallVector<LLVM::LLVMFuncOp> pieces;
    std::optional<int64_t> times;
  };

  FailureOr<LLVM::LLVMFuncOp> lower(plan::ProgramOp program) {
    name = ("dpc_" + program.getSymName()).str();
    numPieces = instr = 0;
    SmallVector<Part> parts;
    SmallVector<plan::InstructionOpInterface> line;
    auto endLine = [&](std::optional<int64_t> times) -> LogicalResult {
      Part &part = parts.emplace_back();
      part.times = times;
      LogicalResult result = lowerLine(program, line, part);
      line.clear();
      return result;
    };
    for (Operation &op : program.getBody().front()) {
      if (auto instruction = dyn_cast<plan::InstructionOpInterface>(op))
        line.push_back(instruction);
      auto repeat = dyn_cast<plan::RepeatOp>(op);
      if (!repeat)
        continue;
      if (failed(endLine(std::nullopt)))
        return failure();
      llvm::append_range(
          line, repeat.getBody().getOps<plan::InstructionOpInterface>());
      if (failed(endLine(repeat.getTimes())))
        return failure();
    }
    if (failed(endLine(std::nullopt)))
      return failure();
    LLVM::LLVMFuncOp whole = begin(program, name, /*inLoop=*/false);
    for (const Part &part : parts)
      callPart(part);
    return whole;
  }

  LogicalResult lowerLine(plan::ProgramOp program,
                          ArrayRef<plan::InstructionOpInterface> line,
                          Part &part) {
    for (auto [i, op] : llvm::enumerate(line)) {
      if (i % kPieceLength == 0) {
        part.pieces.push_back(begin(program,
                                    name + "_" + std::to_string(numPieces++),
                                    part.times.has_value()));
        part.pieces.back().setLinkage(LLVM::Linkage::Internal);
      }
      loc = op->getLoc();
      Value number = constant32(instr++);
      call("dpc_begin", {context, number});
      if (failed(lowerInstruction(op, number)))
        return failure();
      call("dpc_end", {context, number});
    }
    return success();
  }

  void callPart(const Part &part) {
    if (!part.times) {
      for (LLVM::LLVMFuncOp piece : part.pieces)
        LLVM::CallOp::create(builder, loc, piece, ValueRange{context, arena});
      return;
    }
    Block *before = builder.getInsertionBlock(),
          *after = before->splitBlock(builder.getInsertionPoint()),
          *body = builder.createBlock(after);
    iteration = body->addArgument(builder.getI64Type(), loc);
    builder.setInsertionPointToEnd(before);
    LLVM::BrOp::create(builder, loc, ValueRange{constant64(0)}, body);
    builder.setInsertionPointToEnd(body);
    call("dpc_iteration", {context, iteration});
    for (LLVM::LLVMFuncOp piece : part.pieces)
      LLVM::CallOp::create(builder, loc, piece,
                           ValueRange{context, arena, iteration});
    Value next = LLVM::AddOp::create(builder, loc, iteration, constant64(1));
    Value goesOn = LLVM::ICmpOp::create(builder, loc, LLVM::ICmpPredicate::ult,
                                        next, constant64(*part.times));
    LLVM::CondBrOp::create(builder, loc, goesOn, body, ValueRange{next}, after,
                           ValueRange());
    builder.setInsertionPointToStart(after);
    call("dpc_iteration", {context, constant64(0)});
    iteration = {};
  }

  /// A function of a context and an arena, and in a loop of the iteration, to
  /// which instructions are added next.
  LLVM::LLVMFuncOp begin(plan::ProgramOp program, StringRef name, bool inLoop) {
    loc = program.getLoc();
    builder.setInsertionPoint(program);
    SmallVector<Type> arguments = {pointer, pointer};
    if (inLoop)
      arguments.push_back(builder.getI64Type());
    auto type = LLVM::LLVMFunctionType::get(
        LLVM::LLVMVoidType::get(builder.getContext()), arguments);
    auto function = LLVM::LLVMFuncOp::create(builder, loc, name, type);
    // A straight line of calls: optimizing it takes longer than all kernels.
    function->setAttr("passthrough",
                      builder.getStrArrayAttr({"noinline", "optnone"}));
    builder.setInsertionPointToStart(function.addEntryBlock(builder));
    context = function.getArgument(0);
    arena = function.getArgument(1);
    iteration = inLoop ? Value(function.getArgument(2)) : Value();
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

  FailureOr<Value> lowerArgument(Operation *, const plan::Number &number) {
    if (!number.turn)
      return constant32(number.first);
    return LLVM::TruncOp::create(builder, loc, builder.getI32Type(),
                                 add(number.first, number.turn))
        .getResult();
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

  /// What `turn` makes of `first` in the iteration that runs.
  Value add(int64_t first, plan::TurnAttr turn) {
    Value distance = iteration;
    if (turn.getCount()) {
      if (turn.getFirst())
        distance = LLVM::AddOp::create(builder, loc, distance,
                                       constant64(turn.getFirst()));
      distance = LLVM::URemOp::create(builder, loc, distance,
                                      constant64(turn.getCount()));
    }
    distance = LLVM::MulOp::create(builder, loc, distance,
                                   constant64(turn.getStride()));
    return LLVM::AddOp::create(builder, loc, distance, constant64(first));
  }

  Value address(Value buffer) {
    auto slot = buffer.getDefiningOp<plan::SlotOp>();
    Value offset = slot.getTurnAttr()
                       ? add(slot.getOffset(), slot.getTurnAttr())
                       : constant64(slot.getOffset());
    return LLVM::GEPOp::create(builder, loc, pointer, builder.getI8Type(),
                               arena, ArrayRef<LLVM::GEPArg>{offset});
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
  /// Of the function that is made; the iteration is null outside of loops.
  Value context, arena, iteration;
  /// Of the program that is lowered: its function's name, how many pieces it has,
  /// and how many instructions they have.
  std::string name;
  int64_t numPieces = 0, instr = 0;
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
