//===- Verify.cpp - dpc verify --------------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Driver/Verify.h"

#include "compiler/Driver/Compilation.h"
#include "compiler/Import/ExternalData.h"
#include "compiler/Reference/Interpreter.h"
#include "dialects/Dist/DistDialect.h"

#include "dialects/NN/InitialValue.h"
#include "dialects/NN/Signature.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/Training/LossScale.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>
#include <map>
#include <numeric>
#include <random>

using namespace mlir;

namespace dpc {

using nn::ReferenceTensor;
using nn::Role;

namespace {

/// What identifies an argument or result: parameters, states and gradients
/// share their names.
using Key = std::pair<Role, std::string>;

std::string describe(const Key &key) {
  switch (key.first) {
  case Role::Loss:
  case Role::Metric:
    return key.second;
  case Role::Gradient:
    return "gradient of " + key.second;
  case Role::Parameter:
    return "updated " + key.second;
  default:
    return nn::stringifyRole(key.first).str() + " " + key.second;
  }
}

Key getKey(const nn::SignatureEntry &entry) {
  return {entry.getRole().value_or(Role::Output), entry.getName().str()};
}
Key getArgKey(func::FuncOp func, unsigned i) {
  return getKey(nn::SignatureEntry(func.getArgAttrDict(i)));
}
Key getResultKey(func::FuncOp func, unsigned i) {
  return getKey(nn::SignatureEntry(func.getResultAttrDict(i)));
}

using Values = std::map<Key, ReferenceTensor>;

double getLargest(const ReferenceTensor &tensor) {
  double largest = 0;
  for (int64_t i = 0; i < tensor.size(); ++i)
    largest = std::max(largest, std::abs(tensor.getNumber(i)));
  return largest;
}

/// Between element `i` of `a` and element `j` of `b`: 0 where both are NaN or
/// the same infinity.
double getDifference(const ReferenceTensor &a, int64_t i,
                     const ReferenceTensor &b, int64_t j) {
  if (!a.isFloat())
    return a.getInteger(i) == b.getInteger(j)
               ? 0
               : std::max(1.0, std::abs(a.getNumber(i) - b.getNumber(j)));
  double x = a.data[i].real, y = b.data[j].real;
  return x == y || (std::isnan(x) && std::isnan(y)) ? 0 : std::abs(x - y);
}

/// What the errors of a function's results are relative to: each one's largest
/// element. Some gradients are zero but for rounding, as those of the biases of
/// keys, which a softmax does not see: of 0.1 - 0.1 nothing is left to be
/// relative to. Such a gradient is measured by the largest one.
class Scales {
public:
  Scales(func::FuncOp func, ArrayRef<ReferenceTensor> results) {
    for (auto [i, result] : llvm::enumerate(results))
      if (getResultKey(func, i).first == Role::Gradient)
        largestGradient = std::max(largestGradient, getLargest(result));
  }

  double get(const Key &key, const ReferenceTensor &expected) const {
    double scale = getLargest(expected);
    if (key.first == Role::Gradient && scale <= kRounding * largestGradient)
      scale = largestGradient;
    return std::max(scale, 1e-30);
  }

private:
  /// Of the largest gradient, what rounding in f64 may leave of a zero.
  static constexpr double kRounding = 1e-13;

  double largestGradient = 0;
};

/// What the optimizer makes of given gradients: @train with gradients as
/// arguments in place of what computes them. Some elements of a gradient are
/// zero but for rounding, and Adam makes a whole step of those, up or down: the
/// partitioned program's updates are to be what the optimizer makes of the
/// partitioned program's gradients, each of which is compared by itself.
class Update {
public:
  explicit Update(func::FuncOp train) : func(train.clone()) {
    Block &block = func->getBody().front();
    Operation *terminator = block.getTerminator();
    llvm::BitVector others(terminator->getNumOperands());
    for (unsigned i = 0, e = terminator->getNumOperands(); i < e; ++i) {
      Key key = getResultKey(train, i);
      if (key.first == Role::Parameter || key.first == Role::State) {
        updated.push_back(key);
        continue;
      }
      others.set(i);
      if (key.first != Role::Gradient)
        continue;
      // Of parameters with one gradient, the last one's is taken for all.
      block.addArgument(train.getResultTypes()[i], terminator->getLoc());
      terminator->getOperand(i).replaceAllUsesWith(block.getArguments().back());
      gradients.push_back(key);
    }
    terminator->eraseOperands(others);
    func->setFunctionType(FunctionType::get(train.getContext(),
                                            block.getArgumentTypes(),
                                            terminator->getOperandTypes()));
    func->removeArgAttrsAttr();
    func->removeResAttrsAttr();
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
      if (&op != terminator && op.use_empty())
        op.erase();
  }

  /// Replaces the updates among `values`, which have the gradients, by those
  /// of the gradients; `arguments` are @train's.
  LogicalResult apply(std::vector<ReferenceTensor> arguments, Values &values) {
    for (const Key &key : gradients)
      arguments.push_back(values.at(key));
    auto results = interpret(*func, {arguments}, nullptr);
    if (failed(results))
      return failure();
    for (auto [key, value] : llvm::zip_equal(updated, results->front()))
      values.insert_or_assign(key, std::move(value));
    return success();
  }

private:
  OwningOpRef<func::FuncOp> func;
  SmallVector<Key> gradients, updated;
};

/// One result of the partitioned program: of which function, and which.
struct SplitResult {
  const StageCall *call;
  unsigned index;
  const RankTensors *values;
};

/// What rounding to 16 bits changes, relative to all in f64: the loss, and all
/// gradients together, by the norm of the difference.
struct RoundingErrors {
  double loss = 0, gradients = 0;
  /// Gradients that overflow are skipped by the program itself.
  unsigned skipped = 0;
};

class Verifier {
public:
  Verifier(ModuleOp whole, ModuleOp split, DataFiles &files,
           const VerifyOptions &options, StringRef precision)
      : whole(whole), split(split), files(files), options(options),
        precision(precision), parameters(nn::getParameters(whole)),
        random(options.seed) {}

  /// Runs both versions of function `name` and compares.
  LogicalResult check(StringRef name, int64_t steps);

  double getWorst() const { return worst; }
  unsigned getCompared() const { return compared; }
  const RoundingErrors &getRoundingErrors() const { return rounded; }

private:
  LogicalResult checkRounded(func::FuncOp wholeFunc,
                             ArrayRef<ReferenceTensor> expected,
                             ArrayRef<StageCall> calls);
  FailureOr<ReferenceTensor> makeArgument(func::FuncOp func, unsigned i,
                                          int64_t step);
  SmallVector<StageCall> getCalls(StringRef name);
  std::vector<int64_t> getPositions(const SplitResult &result,
                                    RankedTensorType type, size_t rank);
  ReferenceTensor gather(const SplitResult &result, RankedTensorType type);
  LogicalResult compare(const SplitResult &result, const Key &key,
                        const ReferenceTensor &expected, double scale);

  ModuleOp whole, split;
  DataFiles &files;
  const VerifyOptions &options;
  StringRef precision;
  llvm::DenseMap<StringAttr, nn::ParameterOp> parameters;
  std::mt19937_64 random;
  double worst = 0;
  unsigned compared = 0;
  RoundingErrors rounded;
};

} // namespace

/// Random data, the model's own parameters, zero states, default scalars.
FailureOr<ReferenceTensor> Verifier::makeArgument(func::FuncOp func, unsigned i,
                                                  int64_t step) {
  Key key = getArgKey(func, i);
  auto type = cast<RankedTensorType>(func.getArgumentTypes()[i]);
  ReferenceTensor value(type);
  // Raw bits, not a distribution: those differ between standard libraries.
  auto uniform = [&] { return (random() >> 11) * 0x1.0p-53; };

  auto start = func.getArgAttrOfType<StringAttr>(i, nn::kStartsAsAttr);
  if (key.first == Role::Parameter)
    start = nn::Signature(func).getArg(i).getNameAttr();
  if (start) {
    if (nn::ParameterOp parameter = parameters.lookup(start))
      return loadParameter(parameter, files.getPath(parameter.getFile()));
    return func.emitError("has no data for parameter ") << start;
  }
  switch (key.first) {
  case Role::Scalar:
    if (key.second == "step")
      value.setNumber(0, step);
    else if (key.second == "rows")
      value.setNumber(
          0, std::max<int64_t>(
                 1, cast<IntegerAttr>(whole->getAttr(nn::kBatchAttr)).getInt() -
                        1));
    else if (auto attr = func.getArgAttrOfType<FloatAttr>(i, nn::kDefaultAttr))
      value.setNumber(0, attr.getValueAsDouble());
    return value;
  case Role::Input:
  case Role::Label:
    break;
  default:
    return value;
  }

  if (isa<FloatType>(type.getElementType())) {
    bool isLabel = key.first == Role::Label;
    for (nn::ReferenceElement &element : value.data)
      element.real = isLabel ? double(random() & 1) : 4 * uniform() - 2;
    return value;
  }
  int64_t limit = 2;
  if (auto classes = func.getArgAttrOfType<IntegerAttr>(i, nn::kClassesAttr))
    limit = classes.getInt();
  else if (auto range =
               func.getArgAttrOfType<DictionaryAttr>(i, nn::kRangeAttr))
    limit = std::max<int64_t>(1, range.getAs<IntegerAttr>("upper").getInt());
  else if (type.getElementType().isUnsignedInteger(8))
    limit = 256;
  for (nn::ReferenceElement &element : value.data)
    element.integer = static_cast<int64_t>(random() % limit);
  return value;
}

/// The functions that are program `name`, one or one per stage.
SmallVector<StageCall> Verifier::getCalls(StringRef name) {
  dist::MeshOp mesh = dist::getMesh(split);
  SmallVector<StageCall> calls;
  for (auto func : split.getOps<func::FuncOp>()) {
    auto program = func->getAttrOfType<StringAttr>(nn::kProgramAttr);
    if (!program || program.getValue() != name)
      continue;
    StageCall call{func, {}, {}};
    auto stage = func->getAttrOfType<IntegerAttr>(dist::kStageAttr);
    ArrayAttr pipe = Builder(split).getStrArrayAttr({dist::kPipeAxis});
    for (int64_t rank = 0; rank < mesh.getNumRanks(); ++rank)
      if (!stage || mesh.getGroupIndex(rank, pipe) == stage.getInt())
        call.ranks.push_back(rank);
    calls.push_back(std::move(call));
  }
  return calls;
}

/// The positions, in the whole value of `type`, of what a rank has of it; the
/// `rank`th of those that run the function.
std::vector<int64_t> Verifier::getPositions(const SplitResult &result,
                                            RankedTensorType type,
                                            size_t rank) {
  func::FuncOp func = result.call->func;
  auto sharding = func.getResultAttrOfType<dist::ShardingAttr>(
      result.index, dist::kShardingAttr);
  bool onRoot =
      nn::SignatureEntry(func.getResultAttrDict(result.index)).isOnFirstRank();
  if (onRoot || !sharding || !sharding.isSplit()) {
    std::vector<int64_t> positions(type.getNumElements());
    std::iota(positions.begin(), positions.end(), 0);
    return positions;
  }
  dist::MeshOp mesh = dist::getMesh(split);
  return mapPart(type.getShape(), dist::getLocalType(type, sharding, mesh),
                 sharding, mesh, result.call->ranks[rank]);
}

/// The value of which the ranks have parts.
ReferenceTensor Verifier::gather(const SplitResult &result,
                                 RankedTensorType type) {
  ReferenceTensor whole(type);
  for (auto [rank, tensors] : llvm::enumerate(*result.values)) {
    const ReferenceTensor &part = tensors[result.index];
    for (auto [element, position] :
         llvm::zip(part.data, getPositions(result, type, rank)))
      if (position != kPadding)
        whole.data[position] = element;
  }
  return whole;
}

LogicalResult Verifier::compare(const SplitResult &result, const Key &key,
                                const ReferenceTensor &expected, double scale) {
  func::FuncOp splitFunc = result.call->func;
  bool onRoot = key.first == Role::Loss || key.first == Role::Metric;
  double error = 0;
  for (size_t i = 0, e = onRoot ? 1 : result.values->size(); i < e; ++i) {
    const ReferenceTensor &value = (*result.values)[i][result.index];
    std::vector<int64_t> positions = getPositions(result, expected.type, i);
    if (value.data.size() != positions.size())
      return splitFunc.emitError(describe(key))
             << " has another size than in the whole program";
    for (auto [k, position] : llvm::enumerate(positions)) {
      // The part's own padding is unspecified.
      if (position == kPadding)
        continue;
      double difference = getDifference(value, k, expected, position) / scale;
      // A NaN must not compare as small.
      error = difference <= error      ? error
              : std::isnan(difference) ? INFINITY
                                       : difference;
    }
  }
  ++compared;
  worst = std::max(worst, error);
  bool ok = error <= options.rtol;
  if (!options.quiet)
    llvm::outs() << llvm::format("  %-48s %10.2e  %s\n", describe(key).c_str(),
                                 error, ok ? "ok" : "DIFFERS");
  if (!ok)
    return emitError(NameLoc::get(
               StringAttr::get(splitFunc.getContext(), key.second)))
           << describe(key) << " differs by "
           << llvm::formatv("{0:e2}", error).str()
           << " from the whole program; the partitioned program is wrong, "
              "please report the model";
  return success();
}

/// Half of the distance of 1 and the next number.
static double getUnit(StringRef precision) {
  return precision == "bf16" ? 0x1p-8 : precision == "f16" ? 0x1p-11 : 0;
}

/// Runs the partitioned program once more with what it keeps in 16 bits rounded.
/// A rounding changes a value by a unit at most; a loss is an average, and errors
/// of gradients go through all layers.
LogicalResult Verifier::checkRounded(func::FuncOp wholeFunc,
                                     ArrayRef<ReferenceTensor> expected,
                                     ArrayRef<StageCall> calls) {
  constexpr double kLossUnits = 8, kGradientUnits = 64;
  auto actual = interpretStages(calls, dist::getMesh(split), Rounding::Kept);
  if (failed(actual))
    return failure();
  std::map<Key, SplitResult> results;
  for (auto [call, values] : llvm::zip_equal(calls, *actual)) {
    func::FuncOp func = call.func;
    for (unsigned i = 0, e = func.getNumResults(); i < e; ++i)
      results[getResultKey(func, i)] = {&call, i, &values};
  }
  double loss = 0, difference = 0, norm = 0;
  for (auto [i, value] : llvm::enumerate(expected)) {
    Key key = getResultKey(wholeFunc, i);
    if (key.first != Role::Loss && key.first != Role::Gradient)
      continue;
    const SplitResult &result = results.at(key);
    // Rank 0 alone has the loss.
    ReferenceTensor found = key.first == Role::Loss
                                ? (*result.values)[0][result.index]
                                : gather(result, value.type);
    for (int64_t k = 0; k < value.size(); ++k) {
      double error = getDifference(found, k, value, k);
      if (key.first == Role::Loss) {
        loss = error / std::max(1.0, std::abs(value.getNumber(k)));
      } else {
        difference += error * error;
        norm += value.getNumber(k) * value.getNumber(k);
      }
    }
  }
  auto skipped = results.find({Role::Metric, kSkippedResult.str()});
  bool isSkipped =
      skipped != results.end() &&
      (*skipped->second.values)[0][skipped->second.index].getNumber(0) != 0;
  double gradients = isSkipped || norm == 0 ? 0 : std::sqrt(difference / norm);
  double unit = getUnit(precision);
  rounded.loss = std::max(rounded.loss, loss);
  rounded.gradients = std::max(rounded.gradients, gradients);
  rounded.skipped += isSkipped;
  if (loss <= kLossUnits * unit && gradients <= kGradientUnits * unit)
    return success();
  return emitError(
             NameLoc::get(StringAttr::get(wholeFunc.getContext(), "loss")))
         << llvm::formatv(
                "in {0} differs by {1:e2} and the gradients by {2:e2} "
                "from f64, which is more than {3:e2} and {4:e2}; the "
                "model is no good in {0}",
                precision, loss, gradients, kLossUnits * unit,
                kGradientUnits * unit)
                .str();
}

LogicalResult Verifier::check(StringRef name, int64_t steps) {
  auto wholeFunc = whole.lookupSymbol<func::FuncOp>(name);
  if (!wholeFunc)
    return success();
  SmallVector<StageCall> calls = getCalls(name);

  Update update(wholeFunc);
  // Parameters and states of the next step are the last one's results, for
  // both programs those of the whole one: errors do not add up.
  Values carried;
  for (int64_t step = 1; step <= steps; ++step) {
    if (!options.quiet)
      llvm::outs() << name << ", step " << step << '\n';
    Values arguments;
    std::vector<ReferenceTensor> wholeArgs;
    for (unsigned i = 0, e = wholeFunc.getNumArguments(); i < e; ++i) {
      Key key = getArgKey(wholeFunc, i);
      auto last = carried.find(key);
      FailureOr<ReferenceTensor> value =
          last != carried.end() ? FailureOr<ReferenceTensor>(last->second)
                                : makeArgument(wholeFunc, i, step);
      if (failed(value))
        return failure();
      wholeArgs.push_back(*value);
      arguments.insert_or_assign(key, std::move(*value));
    }
    auto expected = interpret(wholeFunc, {wholeArgs}, nullptr);
    if (failed(expected))
      return failure();

    std::vector<RankTensors> splitArgs;
    for (StageCall &call : calls) {
      RankTensors &tensors = splitArgs.emplace_back(call.ranks.size());
      for (unsigned i = 0, e = call.func.getNumArguments(); i < e; ++i) {
        auto sharding = call.func.getArgAttrOfType<dist::ShardingAttr>(
            i, dist::kShardingAttr);
        auto found = arguments.find(getArgKey(call.func, i));
        if (found == arguments.end())
          return call.func.emitError("has an argument that the whole program "
                                     "lacks");
        auto type = cast<RankedTensorType>(call.func.getArgumentTypes()[i]);
        for (auto [rank, args] : llvm::zip_equal(call.ranks, tensors))
          args.push_back(sharding && sharding.isSplit()
                             ? cutPart(found->second, type, sharding,
                                       dist::getMesh(split), rank,
                                       getMicrobatches(call.func, i))
                             : found->second);
      }
    }
    for (auto [call, tensors] : llvm::zip_equal(calls, splitArgs))
      call.args = tensors;
    auto actual = interpretStages(calls, dist::getMesh(split));
    if (failed(actual))
      return failure();

    if (getUnit(precision) != 0 && name == "train" &&
        failed(checkRounded(wholeFunc, expected->front(), calls)))
      return failure();

    std::map<Key, SplitResult> splitResults;
    for (auto [call, values] : llvm::zip_equal(calls, *actual))
      for (unsigned i = 0, e = call.func.getNumResults(); i < e; ++i)
        splitResults[getResultKey(call.func, i)] = {&call, i, &values};
    // What is wanted, and, of the gradients, what is there.
    Values wanted;
    for (unsigned i = 0, e = wholeFunc.getNumResults(); i < e; ++i) {
      Key key = getResultKey(wholeFunc, i);
      auto found = splitResults.find(key);
      if (found == splitResults.end())
        return wholeFunc.emitError("lost a result: ") << describe(key);
      const ReferenceTensor &value = (*expected)[0][i];
      wanted[key] = key.first == Role::Gradient
                        ? gather(found->second, value.type)
                        : value;
    }
    if (failed(update.apply(std::move(wholeArgs), wanted)))
      return failure();

    Scales scales(wholeFunc, (*expected)[0]);
    for (unsigned i = 0, e = wholeFunc.getNumResults(); i < e; ++i) {
      Key key = getResultKey(wholeFunc, i);
      const ReferenceTensor &value =
          key.first == Role::Gradient ? (*expected)[0][i] : wanted.at(key);
      if (failed(compare(splitResults.at(key), key, value,
                         scales.get(key, value))))
        return failure();
      if (key.first == Role::Parameter || key.first == Role::State)
        carried.insert_or_assign(key, (*expected)[0][i]);
    }
  }
  return success();
}

int verify(const CompileOptions &options, const VerifyOptions &verifyOptions) {
  Compilation compilation(options);
  if (failed(compilation.buildStep(/*keepGradients=*/true)))
    return 1;
  if (verifyOptions.changeWhole &&
      failed(verifyOptions.changeWhole(compilation.getModule())))
    return 1;
  OwningOpRef<ModuleOp> whole = compilation.getModule().clone();
  if (failed(compilation.partition(Product::Local)))
    return 1;
  if (verifyOptions.changeSplit &&
      failed(verifyOptions.changeSplit(compilation.getModule())))
    return 1;

  DataFiles files(options.model, options.followLinks);
  Verifier verifier(*whole, compilation.getModule(), files, verifyOptions,
                    options.precision);
  if (failed(verifier.check("train", verifyOptions.steps)) ||
      failed(verifier.check("eval", 1)) || failed(verifier.check("infer", 1)))
    return 1;
  llvm::outs() << llvm::formatv(
      "verified: strategy {0}, mesh {1}: {2} values agree, largest relative "
      "error {3:e2}\n",
      dist::stringifyStrategy(options.strategy), options.mesh,
      verifier.getCompared(), verifier.getWorst());
  const RoundingErrors &rounded = verifier.getRoundingErrors();
  if (getUnit(options.precision) != 0)
    llvm::outs() << llvm::formatv(
        "rounded to {0}: the loss differs by {1:e2} from f64, the gradients by "
        "{2:e2} of their norm{3}\n",
        options.precision, rounded.loss, rounded.gradients,
        rounded.skipped ? llvm::formatv("; {0} steps overflow and are skipped",
                                        rounded.skipped)
                              .str()
                        : "");
  return 0;
}

} // namespace dpc
