//===- LegalizeONNX.cpp - Turn onnx.node into nn primitives ---------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/BindDims.h"
#include "passes/Legalize/Binder.h"
#include "passes/Legalize/FoldConstants.h"
#include "passes/Legalize/LegalizeTable.h"
#include "passes/Legalize/ModelLoss.h"
#include "passes/Legalize/Passes.h"
#include "passes/Legalize/TrainedChoice.h"
#include "passes/Legalize/UnknownOperators.h"

#include "dialects/NN/InitialValue.h"
#include "dialects/NN/Signature.h"
#include "dialects/NN/StoredParameter.h"
#include "dialects/Support/Suggest.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace dpc {
#define GEN_PASS_DEF_LEGALIZEONNX
#include "passes/Legalize/Passes.h.inc"
} // namespace dpc

using namespace dpc;
using namespace dpc::legalize;

namespace {

class ModelLegalizer {
public:
  ModelLegalizer(ModuleOp module, func::FuncOp main, bool allErrors)
      : module(module), main(main), allErrors(allErrors),
        builder(module.getContext()) {}

  LogicalResult checkNodes() {
    return allErrors ? success() : checkOperators(main, table);
  }
  LogicalResult parseSelection(ArrayRef<std::string> patterns);
  LogicalResult markPaddingRows(StringRef rows);
  LogicalResult run(const BoundInputs &inputs, int64_t ranks);

private:
  LogicalResult sortInitializers();
  LogicalResult checkInitializer(onnx::InitializerOp initializer);
  void createParameters();
  void createForward(const BoundInputs &inputs);
  LogicalResult legalizeBody();
  LogicalResult legalizeOp(Operation &op);
  LogicalResult legalizeNode(onnx::NodeOp node);
  LogicalResult checkNode(onnx::NodeOp node);
  LogicalResult runBody(Region &body, MutableArrayRef<Item> args,
                        std::optional<int64_t> iteration,
                        SmallVectorImpl<Item> &results);
  void settle(MutableArrayRef<Item> items);
  LogicalResult checkOperations(Operation *node);
  void foldResults(Block &body, Operation *previous,
                   MutableArrayRef<Value> results);
  LogicalResult createReturn(func::ReturnOp op);
  void cleanUp();
  LogicalResult checkSize(int64_t ranks);

  ModuleOp module;
  func::FuncOp main;
  bool allErrors;
  /// Results of nodes that could not be legalized, and of what needs them.
  DenseSet<Value> lost;
  func::FuncOp forward;
  OpBuilder builder;
  LegalizeTable table;
  ConstantFolder folder;
  int64_t numOperations = 0;
  TrainedChoice choice;
  /// Used initializers, in the order of the file, and whether and why the
  /// parameters among them are trained.
  SmallVector<onnx::InitializerOp> constants, parameters;
  SmallVector<std::pair<bool, std::string>> choices;
  DenseMap<Attribute, Value> initializerValues;
  DenseMap<Value, Item> values;
  /// The last operation of the program that is folded.
  Operation *lastSettled = nullptr;
  /// Iterations of the bodies around a node: "#0", "#2#1".
  std::string iterations;
  /// Where the values made so far hold the rows of the batch.
  std::optional<nn::RowAnalysis> rows;
};

LogicalResult ModelLegalizer::parseSelection(ArrayRef<std::string> patterns) {
  if (std::optional<std::string> error = choice.parse(patterns))
    return main.emitError() << *error;
  return success();
}

/// Marks the nodes that look up in a table of which NAME=ROW names a row.
LogicalResult ModelLegalizer::markPaddingRows(StringRef rows) {
  for (StringRef entry : llvm::split(rows, ',')) {
    if (entry.empty())
      continue;
    auto [name, text] = entry.rsplit('=');
    SmallVector<StringRef> names;
    bool isFound = false;
    int64_t row = -1;
    for (auto initializer : module.getOps<onnx::InitializerOp>()) {
      names.push_back(initializer.getName());
      if (initializer.getName() != name)
        continue;
      isFound = true;
      auto type = cast<RankedTensorType>(initializer.getType());
      if (text.getAsInteger(10, row) || row < 0 || type.getRank() == 0 ||
          row >= type.getDimSize(0))
        return main.emitError()
               << "--freeze-row " << entry << ": '" << text
               << "' is no row of the parameter, which is " << type;
    }
    if (!isFound)
      return main.emitError()
             << "--freeze-row " << entry << ": there is no parameter '" << name
             << "'; " << suggest(name, names, "write NAME=ROW");
    main.walk([&](onnx::WeightOp weight) {
      if (weight.getInitializer() != name)
        return;
      for (OpOperand &use : weight->getUses())
        if (isa<onnx::NodeOp>(use.getOwner()) && use.getOperandNumber() == 0)
          use.getOwner()->setAttr(nn::kPaddingRowAttr,
                                  builder.getI64IntegerAttr(row));
    });
  }
  return success();
}

LogicalResult
ModelLegalizer::checkInitializer(onnx::InitializerOp initializer) {
  auto type = cast<RankedTensorType>(initializer.getType());
  auto emitError = [&] {
    return mlir::emitError(initializer.getLoc())
           << "initializer '" << initializer.getName() << "' ";
  };
  if (!isSupportedElementType(type.getElementType()))
    return emitError() << "has element type " << type.getElementType()
                       << ", which is not supported by dpc";
  if (!type.hasStaticShape() || !isReasonableShape(type.getShape()))
    return emitError() << "has the impossible type " << type;
  return success();
}

/// Decides what every used initializer becomes.
LogicalResult ModelLegalizer::sortInitializers() {
  DenseSet<StringAttr> used;
  main.walk([&](onnx::WeightOp weight) {
    if (!weight->use_empty())
      used.insert(weight.getInitializerAttr());
  });
  for (auto initializer : module.getOps<onnx::InitializerOp>()) {
    if (!used.contains(initializer.getNameAttr()))
      continue;
    if (failed(checkInitializer(initializer)))
      return failure();
    auto type = cast<RankedTensorType>(initializer.getType());
    bool isPlace =
        initializer.getFile() || initializer->hasAttr(onnx::kZerosAttr);
    // Some files do not hold weights as plain bytes.
    bool isWeight = isa<FloatType>(type.getElementType()) &&
                    type.getRank() > 0 && type.getNumElements() > 0;
    if (isPlace || isWeight) {
      auto [isTrained, reason] = choice.decide(initializer);
      bool isScalar = type.getRank() == 0 && initializer.getValue();
      if (isTrained || (isPlace && !isScalar)) {
        parameters.push_back(initializer);
        choices.emplace_back(isTrained, reason);
        continue;
      }
    }
    constants.push_back(initializer);
  }
  return success();
}

void ModelLegalizer::createParameters() {
  builder.setInsertionPointToEnd(module.getBody());
  unsigned index = main.getNumArguments();
  // The initializers give up their symbols.
  for (auto [initializer, choice] : llvm::zip_equal(parameters, choices)) {
    auto &[isTrained, reason] = choice;
    BlockArgument argument = forward.getArgument(index);
    auto why = cast_or_null<StringAttr>(
        forward.removeArgAttr(index++, kUntrainedAttr));
    if (why && isTrained && !StringRef(reason).starts_with("--train ")) {
      isTrained = false;
      reason = why.empty() ? "no weight to its operator" : why.str();
      if (!why.empty())
        mlir::emitWarning(initializer.getLoc())
            << "initializer '" << initializer.getName() << "' " << reason
            << " and is not trained";
    }
    builder.setInsertionPoint(initializer);
    auto type = cast<RankedTensorType>(initializer.getType());
    bool isZero = initializer->hasAttr(onnx::kZerosAttr);
    int64_t bytes = type.getNumElements() *
                    llvm::divideCeil(type.getElementTypeBitWidth(), 8);
    auto parameter = nn::ParameterOp::create(
        builder, initializer.getLoc(), initializer.getName(),
        argument.getType(), initializer.getFile().value_or(""),
        initializer.getOffset().value_or(0), bytes, !isTrained);
    if (!reason.empty())
      parameter->setAttr(nn::kReasonAttr, builder.getStringAttr(reason));
    if (initializer->hasAttr(onnx::kStateAttr))
      parameter->setAttr(nn::kStateAttr, builder.getUnitAttr());
    if (isZero)
      parameter->setAttr(nn::kZerosAttr, builder.getUnitAttr());
    if (initializer->hasAttr(onnx::kTransposedAttr))
      parameter->setAttr(nn::kStoredShapeAttr,
                         builder.getDenseI64ArrayAttr(
                             {type.getDimSize(1), type.getDimSize(0)}));
    if (argument.getType() != type)
      parameter->setAttr(nn::kStoredTypeAttr,
                         TypeAttr::get(type.getElementType()));
    if (!initializer.getFile() && !isZero)
      parameter->setAttr(nn::kStoredValueAttr, *initializer.getValue());
  }
}

/// @forward with the bound inputs and the parameters as arguments.
void ModelLegalizer::createForward(const BoundInputs &inputs) {
  SmallVector<Type> types(inputs.types.begin(), inputs.types.end());
  // A trained parameter in 16 bits is one of f32 (StoredParameter.h).
  for (auto [initializer, choice] : llvm::zip_equal(parameters, choices)) {
    auto type = cast<RankedTensorType>(initializer.getType());
    bool isWidened =
        choice.first && isa<Float16Type, BFloat16Type>(type.getElementType());
    types.push_back(isWidened ? type.clone(builder.getF32Type()) : type);
  }
  builder.setInsertionPoint(main);
  rows.emplace(inputs.batch);
  forward = func::FuncOp::create(builder, main.getLoc(), "forward",
                                 builder.getFunctionType(types, {}));
  Block *body = forward.addEntryBlock();
  nn::Signature signature(main);
  nn::SignatureChanges changes(forward);
  for (BlockArgument argument : main.getArguments()) {
    unsigned index = argument.getArgNumber();
    BlockArgument input = body->getArgument(index);
    input.setLoc(argument.getLoc());
    values[argument] = {input};
    changes.setArgRole(index, nn::Role::Input);
    changes.setArgName(index, signature.getArg(index).getNameAttr());
    if (int64_t dim = inputs.batchDims[index]; dim >= 0) {
      changes.setArgAttr(index, nn::kBatchDimAttr,
                         builder.getI64IntegerAttr(dim));
      rows->setRows(input, dim);
    }
  }
  unsigned index = inputs.types.size();
  builder.setInsertionPointToStart(body);
  for (auto [initializer, choice] : llvm::zip_equal(parameters, choices)) {
    BlockArgument argument = body->getArgument(index);
    auto loc = NameLoc::get(initializer.getNameAttr());
    argument.setLoc(loc);
    Value &value = initializerValues[initializer.getNameAttr()] = argument;
    if (argument.getType() != initializer.getType())
      value =
          nn::Math(builder, loc)
              .convert(argument, cast<RankedTensorType>(initializer.getType())
                                     .getElementType());
    changes.setArgRole(index, nn::Role::Parameter);
    if (auto elements = dyn_cast_or_null<DenseElementsAttr>(
            initializer.getValue().value_or(nullptr)))
      choice.first ? folder.setInitial(argument, elements)
                   : folder.set(argument, elements);
    changes.setArgName(index, initializer.getNameAttr());
    ++index;
  }
  for (onnx::InitializerOp initializer : constants)
    initializerValues[initializer.getNameAttr()] = nn::ConstantOp::create(
        builder, initializer.getLoc(), cast<ShapedType>(initializer.getType()),
        *initializer.getValue());
  lastSettled = body->empty() ? nullptr : &body->back();
}

/// Folds what a node became, from behind `previous` on. A constant holds rows
/// where what it replaces does.
void ModelLegalizer::foldResults(Block &body, Operation *previous,
                                 MutableArrayRef<Value> results) {
  auto made = [&] {
    auto first = previous ? std::next(previous->getIterator()) : body.begin();
    SmallVector<Value> values;
    for (Operation &op : llvm::make_range(first, body.end()))
      llvm::append_range(values, op.getResults());
    return values;
  };
  SmallVector<Value> before = made(), unfolded(results);
  for (Value value : before)
    rows->visit(value.getDefiningOp());
  folder.foldIntegers(body, previous, results);
  for (auto [value, old] : llvm::zip_equal(results, unfolded))
    if (value != old)
      rows->setRowsLike(value, old);
  SmallVector<Value> after = made();
  llvm::SmallPtrSet<void *, 8> alive;
  for (Value value : after)
    alive.insert(value.getAsOpaquePointer());
  for (Value value : before)
    if (!alive.contains(value.getAsOpaquePointer()))
      rows->forget(value);
}

/// That the operator is known; needed where checkNodes does not ask.
LogicalResult ModelLegalizer::checkNode(onnx::NodeOp node) {
  if (table.lookup(node.getDomain(), node.getOpType(),
                   static_cast<int64_t>(node.getVersion())))
    return success();
  return mlir::emitError(node.getLoc())
         << node.getOpType() << ": this operator, of opset "
         << node.getVersion() << ", is not known to dpc";
}

/// Folds the operations made since the last call, of which `items` are the
/// results that are still needed.
void ModelLegalizer::settle(MutableArrayRef<Item> items) {
  Block &body = *builder.getInsertionBlock();
  SmallVector<Value> results;
  for (Item &item : items) {
    results.push_back(item.tensor);
    if (item.sequence)
      llvm::append_range(results, *item.sequence);
  }
  foldResults(body, lastSettled, results);
  ArrayRef<Value> rest = results;
  for (Item &item : items) {
    item.tensor = rest.front();
    rest = rest.drop_front();
    if (item.sequence)
      for (Value &element : *item.sequence) {
        element = rest.front();
        rest = rest.drop_front();
      }
  }
  auto made =
      lastSettled ? std::next(lastSettled->getIterator()) : body.begin();
  numOperations += std::distance(made, body.end());
  lastSettled = body.empty() ? nullptr : &body.back();
}

LogicalResult ModelLegalizer::checkOperations(Operation *node) {
  if (numOperations <= limits::kOperations)
    return success();
  return node->emitError() << cast<onnx::NodeOp>(node).getOpType()
                           << ": the model takes more than "
                           << limits::kOperations
                           << " operations, which is more than dpc compiles; "
                              "split it";
}

LogicalResult ModelLegalizer::runBody(Region &body, MutableArrayRef<Item> args,
                                      std::optional<int64_t> iteration,
                                      SmallVectorImpl<Item> &results) {
  settle(args);
  // Even a body without nodes takes time.
  ++numOperations;
  if (failed(checkOperations(body.getParentOp())))
    return failure();
  for (auto [argument, item] : llvm::zip_equal(body.getArguments(), args))
    values[argument] = item;
  size_t size = iterations.size();
  if (iteration)
    iterations += "#" + std::to_string(*iteration);
  Block &block = body.front();
  LogicalResult status = success();
  for (Operation &op : block.without_terminator())
    if (failed(status = legalizeOp(op)))
      break;
  iterations.resize(size);
  if (failed(status))
    return failure();
  for (Value output : block.getTerminator()->getOperands())
    results.push_back(values.lookup(output));
  return success();
}

LogicalResult ModelLegalizer::legalizeNode(onnx::NodeOp node) {
  SmallVector<Item> inputs;
  for (Value input : node.getInputs())
    inputs.push_back(values.lookup(input));
  Location loc = node.getLoc();
  if (!iterations.empty())
    loc =
        NameLoc::get(builder.getStringAttr(nn::getNodeName(loc) + iterations));
  auto run = [&](Region &body, MutableArrayRef<Item> args,
                 std::optional<int64_t> iteration,
                 SmallVectorImpl<Item> &results) {
    return runBody(body, args, iteration, results);
  };
  Binder binder(node, loc, inputs, *rows, builder, folder, run);
  if (inputs.size() + node.getNumResults() > limits::kOperations)
    return binder.emitError() << "has more than " << limits::kOperations
                              << " operands and results";
  LegalizeFn legalize = table.lookup(node.getDomain(), node.getOpType(),
                                     static_cast<int64_t>(node.getVersion()));
  if (!legalize || failed(legalize(binder)))
    return legalize ? failure() : checkNode(node);
  settle(binder.getResults());
  if (failed(checkOperations(node)))
    return failure();
  for (auto [i, result] : llvm::enumerate(node.getResults())) {
    Item &item = binder.getResults()[i];
    Value value = item.tensor;
    if (!item && !result.use_empty())
      return binder.emitError() << "output " << i << " is not supported by dpc";
    // The file may state the type of a value.
    auto stated = dyn_cast<RankedTensorType>(result.getType());
    if (value && stated &&
        failed(verifyCompatibleShape(stated, value.getType())))
      return binder.emitError() << "output " << i << " is " << value.getType()
                                << ", but the model states " << stated;
    values[result] = std::move(item);
  }
  return success();
}

LogicalResult ModelLegalizer::legalizeBody() {
  bool isWhole = true;
  for (Operation &op : main.getBody().front()) {
    // The graphs of a node use values that are none of its operands.
    bool isLost = op.walk([&](Operation *user) {
                      return llvm::any_of(user->getOperands(),
                                          [&](Value operand) {
                                            return lost.contains(operand);
                                          })
                                 ? WalkResult::interrupt()
                                 : WalkResult::advance();
                    }).wasInterrupted();
    auto node = dyn_cast<onnx::NodeOp>(op);
    bool isKnown = !allErrors || !node || succeeded(checkNode(node));
    if (isKnown && !isLost && succeeded(legalizeOp(op)))
      continue;
    if (!allErrors)
      return failure();
    isWhole = false;
    lost.insert_range(op.getResults());
  }
  return success(isWhole);
}

LogicalResult ModelLegalizer::legalizeOp(Operation &op) {
  if (auto node = dyn_cast<onnx::NodeOp>(op))
    return legalizeNode(node);
  if (auto weight = dyn_cast<onnx::WeightOp>(op)) {
    Value value = initializerValues.lookup(weight.getInitializerAttr());
    if (!value && !weight->use_empty())
      return weight.emitError()
             << "there is no initializer '" << weight.getInitializer() << "'";
    values[weight.getOutput()] = {value};
    return success();
  }
  // An omitted operand has no value.
  if (isa<onnx::OmittedOp>(op))
    return success();
  if (auto returnOp = dyn_cast<func::ReturnOp>(op))
    return createReturn(returnOp);
  return op.emitError() << "'" << op.getName()
                        << "' has no place in an imported model";
}

LogicalResult ModelLegalizer::createReturn(func::ReturnOp op) {
  SmallVector<Value> outputs;
  for (auto [i, operand] : llvm::enumerate(op.getOperands())) {
    Item item = values.lookup(operand);
    if (!item.tensor)
      return op.emitError() << "output " << i
                            << (item ? " is a sequence; only tensors are "
                                       "supported"
                                     : " has no value");
    outputs.push_back(item.tensor);
  }
  auto returnOp = func::ReturnOp::create(builder, op.getLoc(), outputs);
  forward.setType(builder.getFunctionType(forward.getArgumentTypes(),
                                          returnOp.getOperandTypes()));
  nn::Signature signature(main);
  nn::SignatureChanges changes(forward);
  for (unsigned i = 0; i < outputs.size(); ++i) {
    if (auto place = rows->getRowDim(outputs[i])) {
      changes.setResultAttr(i, nn::kBatchDimAttr,
                            builder.getI64IntegerAttr(place->first));
      changes.setResultAttr(i, nn::kRowsOuterAttr,
                            builder.getI64IntegerAttr(place->second));
    }
    changes.setResultName(i, signature.getResult(i).getNameAttr());
    changes.setResultRole(i, nn::Role::Output);
  }
  return success();
}

void ModelLegalizer::cleanUp() {
  main.erase();
  for (auto initializer :
       llvm::make_early_inc_range(module.getOps<onnx::InitializerOp>()))
    initializer.erase();
  for (Operation &op : llvm::make_early_inc_range(
           llvm::reverse(forward.getBody().front().getOperations())))
    if (isOpTriviallyDead(&op))
      op.erase();
  int64_t stream = 0;
  forward.walk([&](Operation *op) {
    if (isa<nn::DropoutOp, nn::RandomOp>(op))
      op->setAttr("stream", builder.getI64IntegerAttr(stream++));
  });
}

/// What a rank does of it is counted in 63 bits.
LogicalResult ModelLegalizer::checkSize(int64_t ranks) {
  constexpr double mostWork = limits::kWork, mostBytes = limits::kBytes;
  double work = 0, bytes = 0;
  for (Operation &op : forward.getBody().front()) {
    for (Type type : op.getResultTypes()) {
      auto tensor = cast<RankedTensorType>(type);
      bytes += static_cast<double>(tensor.getNumElements()) *
               llvm::divideCeil(tensor.getElementTypeBitWidth(), 8);
    }
    if (auto cost = dyn_cast<nn::CostOpInterface>(op))
      work += static_cast<double>(cost.getFlops());
    if (std::max(work / mostWork, bytes / mostBytes) >
        static_cast<double>(ranks))
      return op.emitError()
             << "up to here the model takes more than 2^58 operations or "
                "bytes"
             << (ranks > 1 ? " a rank" : "")
             << "; use a smaller batch or smaller dimensions";
  }
  return success();
}

LogicalResult ModelLegalizer::run(const BoundInputs &inputs, int64_t ranks) {
  if (!llvm::hasSingleElement(main.getBody()))
    return main.emitError() << "@main must have one block";
  if (failed(sortInitializers()))
    return failure();
  createForward(inputs);
  LogicalResult body = legalizeBody();
  if (failed(body) && !allErrors)
    return failure();
  createParameters();
  if (auto [flag, pattern] = choice.findUnused(); !flag.empty()) {
    SmallVector<StringRef> names;
    for (auto parameter : module.getOps<nn::ParameterOp>())
      names.push_back(parameter.getName());
    InFlightDiagnostic error = main.emitError()
                               << flag << " " << pattern
                               << " matches no parameter of the model";
    std::string hint = suggest(pattern, names);
    return hint.empty() ? std::move(error) : std::move(error << "; " << hint);
  }
  if (failed(body))
    return failure();
  cleanUp();
  if (failed(checkSize(ranks)))
    return failure();
  markModelLoss(forward);
  if (inputs.batch != 0)
    module->setAttr(nn::kBatchAttr, builder.getI64IntegerAttr(inputs.batch));
  return success();
}

struct LegalizeONNX : dpc::impl::LegalizeONNXBase<LegalizeONNX> {
  using LegalizeONNXBase::LegalizeONNXBase;

  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<func::FuncDialect, nn::NNDialect>();
  }

  LogicalResult legalize() {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || main.isExternal())
      return getOperation().emitError("there is no @main to legalize");
    ModelLegalizer legalizer(getOperation(), main, allErrors);
    if (failed(legalizer.checkNodes()) ||
        failed(legalizer.parseSelection(llvm::to_vector(selection))) ||
        failed(legalizer.markPaddingRows(freezeRows)))
      return failure();
    FailureOr<BoundInputs> inputs = bindDims(main, batch, dims, batchDims);
    if (failed(inputs))
      return failure();
    return legalizer.run(*inputs, ranks);
  }

  void runOnOperation() override {
    if (failed(legalize()))
      signalPassFailure();
  }
};

} // namespace
