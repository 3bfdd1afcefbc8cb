//===- TakeEpilogues.cpp - Products do what follows on them ---------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A model says its GELU, and the gradient of it, in a dozen ops, and each exporter
// in others. So functions are not known by their ops, but by their values: what
// follows element by element on a product is computed at some points, in f64, and
// compared. The forms with erf and with tanh are 4e-4 apart, the same form with
// constants of f32 1e-7.
//
// ReLU is taken only where nobody needs what it is applied to; its gradient asks for
// its result. The mask that cuBLASLt can keep for that takes 0 for positive, which
// gives another gradient than 0 to rows of zeros.
//
// In 16 bits a bias has to be rounded and stored for the call, so that it comes
// along with an activation only.
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/Stamps.h"
#include "dialects/NN/Builders.h"
#include "dialects/NN/ReferenceTensor.h"
#include "dialects/Plan/Target.h"
#include "dialects/Support/ProductParts.h"
#include "passes/Lowering/KernelAnalysis.h"
#include "passes/Lowering/Passes.h"
#include "passes/Lowering/StampCopier.h"

#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"

#include <cmath>
#include <set>

using namespace mlir;
using namespace dpc;
using namespace dpc::nn;

namespace dpc {
#define GEN_PASS_DEF_TAKEEPILOGUES
#include "passes/Lowering/Passes.h.inc"
} // namespace dpc

namespace {

/// What functions are compared at, and what a second argument is there.
constexpr double kPoints[] = {-12,  -4.1, -3,  -2.2, -1.4, -0.9, -0.45, -0.08,
                              0.03, 0.3,  0.7, 1.1,  1.9,  2.6,  3.5,   9};
constexpr double kOthers[] = {0.7, -1.3, 2.1,  0.4,  -0.6, 1.7, -2.3, 0.9,
                              1.2, -0.8, -1.9, 0.35, 1.45, 2.8, -0.2, 0.55};
constexpr int64_t kCount = std::size(kPoints);
/// Ops that are looked at behind a product; the longest known gradient has 30.
constexpr int kMaxFollowed = 128;

double getTanhArgument(double x) {
  return 0.7978845608028654 * (x + 0.044715 * x * x * x);
}
double gelu(double x) { return 0.5 * x * (1 + std::tanh(getTanhArgument(x))); }
double geluSlope(double x) {
  double t = std::tanh(getTanhArgument(x));
  return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * 0.7978845608028654 *
                             (1 + 3 * 0.044715 * x * x);
}

using Function = llvm::function_ref<double(double x, double other)>;

/// A value's elements at kPoints.
using Samples = ReferenceTensor;

RankedTensorType typeOfSamples(Value value) {
  Type element = getElementTypeOrSelf(value);
  if (isa<FloatType>(element))
    element = Float64Type::get(element.getContext());
  return RankedTensorType::get({kCount}, element);
}

Samples sample(Value value, const double *numbers) {
  Samples samples(typeOfSamples(value));
  for (int64_t i = 0; i < kCount; ++i)
    samples.setNumber(i, numbers[i]);
  return samples;
}

bool isFunction(const Samples &samples, Function function, double tolerance) {
  for (int64_t i = 0; i < kCount; ++i) {
    double wanted = function(kPoints[i], kOthers[i]);
    // Not of NaN.
    if (!(std::abs(samples.getNumber(i) - wanted) <=
          tolerance * (1 + std::abs(wanted))))
      return false;
  }
  return samples.isFloat();
}

struct Product;

/// Values that are functions of one or two others, element by element.
class Elements {
public:
  /// What is known of other products' x may be read, but is not followed. Only
  /// one of them; `owners` may be null.
  explicit Elements(const DenseMap<Value, const Product *> *owners = nullptr)
      : owners(owners) {}

  void set(Value value, Samples samples) {
    known[value] = std::move(samples);
    values.push_back(value);
  }
  const Samples *find(Value value);
  /// Whether the op's result is a function of what is known; then it is, too.
  bool evaluate(Operation *op);
  /// Evaluates what is computed from `value`.
  void follow(Value value);

  /// In their order in the block.
  ArrayRef<Value> getValues() const { return values; }
  /// Whose x was read.
  const Product *getOwner() const { return owner; }
  DenseMap<Value, Samples> take() { return std::move(known); }

private:
  const DenseMap<Value, const Product *> *owners;
  const Product *owner = nullptr;
  DenseMap<Value, Samples> known;
  SmallVector<Value> values;
};

/// A product and what comes with it.
struct Product {
  Operation *op = nullptr;
  int32_t parts = 0;
  int64_t m = 0, n = 0;
  /// With the bias, if there is one.
  Value x, bias;
  /// What the activation makes of x; null without one.
  Value y;
  int32_t activation = 0;
  /// Functions of x.
  DenseMap<Value, Samples> ofX;

  Value getResult() const { return op->getResult(0); }
  Type getElement() const { return getElementTypeOrSelf(getResult()); }
  bool isOfType(Value value) const {
    return getElementTypeOrSelf(value) == getElement() &&
           cast<ShapedType>(value.getType()).getNumElements() == m * n;
  }
};

const Samples *Elements::find(Value value) {
  auto found = known.find(value);
  if (found != known.end())
    return &found->second;
  const Product *reads = owners ? owners->lookup(value) : nullptr;
  if (!reads || (owner && owner != reads))
    return nullptr;
  owner = reads;
  return &reads->ofX.find(value)->second;
}

bool Elements::evaluate(Operation *op) {
  auto reference = dyn_cast<ReferenceOpInterface>(op);
  if (!reference || op->getNumResults() != 1 ||
      !(isReshape(op) || isElementwise(op)))
    return false;
  SmallVector<Samples> constants;
  constants.reserve(op->getNumOperands());
  SmallVector<const Samples *> operands;
  for (Value operand : op->getOperands()) {
    const Samples *samples = find(operand);
    DenseElementsAttr constant;
    if (!samples && matchPattern(operand, m_Constant(&constant)) &&
        constant.isSplat()) {
      double number = Samples::fromAttr(constant.resizeSplat(
                                            cast<ShapedType>(constant.getType())
                                                .clone(ArrayRef<int64_t>{})))
                          .getNumber(0);
      constants.push_back(
          sample(operand, std::vector<double>(kCount, number).data()));
      samples = &constants.back();
    }
    if (!samples)
      return false;
    operands.push_back(samples);
  }
  Samples result = *operands[0];
  if (!isReshape(op)) {
    result = Samples(typeOfSamples(op->getResult(0)));
    if (failed(reference.evaluate(operands, result)))
      return false;
  }
  set(op->getResult(0), std::move(result));
  return true;
}

void Elements::follow(Value value) {
  auto isBefore = [](Operation *a, Operation *b) {
    return a->isBeforeInBlock(b);
  };
  std::set<Operation *, decltype(isBefore)> next(isBefore);
  auto addUsers = [&](Value of) {
    for (Operation *user : of.getUsers())
      next.insert(user);
  };
  addUsers(value);
  for (int i = 0; i < kMaxFollowed && !next.empty(); ++i) {
    Operation *op = *next.begin();
    next.erase(next.begin());
    if (evaluate(op))
      addUsers(op->getResult(0));
  }
}

class BlockRewriter {
public:
  BlockRewriter(Block &block, const plan::TargetInfo &target, bool usesTF32)
      : block(block), target(target), usesTF32(usesTF32) {}
  ~BlockRewriter() {
    for (Operation *op : erased)
      op->destroy();
  }

  void run();

private:
  std::optional<Product> asProduct(Operation *op);
  bool belongs(Operation *op, const Product &product) {
    return getPhase(op) == getPhase(product.op) &&
           dist::haveSameTask(op, product.op);
  }
  void findBias(Product &product);
  void findActivation(Product &product);
  Operation *findRowSum(Value value, int64_t columns, const Product &product);

  plan::ProductOp build(const Product &product, Operation *where, int32_t parts,
                        Value operand = {}, int64_t length = 0);
  void replace(Value old, Value with);
  void eraseDead(Operation *op);

  bool takeGradient(const Product &product);
  void takeActivation(const Product &product);
  void takeRowSum(const Product &product);
  void takeType(Operation *op);

  Block &block;
  const plan::TargetInfo &target;
  bool usesTF32;
  /// By value, whose x it is a function of.
  DenseMap<Value, const Product *> owners;
  /// Kept, so that no new op has the address of an old one.
  SmallVector<Operation *> erased;
};

} // namespace

/// Without a batch, and of a type for which the target has more than products.
std::optional<Product> BlockRewriter::asProduct(Operation *op) {
  auto form = dyn_cast_or_null<plan::MatmulAttr>(getLibraryForm(op));
  if (!form || op->getNumResults() != 1)
    return std::nullopt;
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  if (type.getRank() != 2 || type.getNumElements() == 0 ||
      !target.hasForm(TypeID::get<plan::ProductAttr>(), type.getElementType()))
    return std::nullopt;
  int32_t parts = (form.getTransA() ? kTransA : 0) |
                  (form.getTransB() ? kTransB : 0) |
                  (usesTF32 && type.getElementType().isF32() ? kTF32 : 0);
  Product product;
  product.op = op;
  product.parts = parts;
  product.m = type.getDimSize(0);
  product.n = type.getDimSize(1);
  product.x = op->getResult(0);
  return product;
}

/// The vector that an operand of `op` repeats along the last `n` of its elements.
static BroadcastOp findRepeated(Operation *op, int64_t n) {
  for (Value operand : op->getOperands()) {
    auto repeat = operand.getDefiningOp<BroadcastOp>();
    if (!repeat)
      continue;
    int64_t first =
        repeat.getType().getRank() - repeat.getInput().getType().getRank();
    if (repeat.getInput().getType().getNumElements() == n &&
        llvm::equal(repeat.getDims(),
                    llvm::seq<int64_t>(first, repeat.getType().getRank())))
      return repeat;
  }
  return {};
}

void BlockRewriter::findBias(Product &product) {
  Elements elements;
  Value value = product.getResult(), bias;
  elements.set(value, sample(value, kPoints));
  while (value.hasOneUse()) {
    Operation *op = *value.user_begin();
    if (op->getNumResults() != 1 || !belongs(op, product))
      return;
    if (!bias && isElementwise(op))
      if (BroadcastOp repeat = findRepeated(op, product.n)) {
        bias = repeat.getInput();
        elements.set(repeat, sample(repeat, kOthers));
      }
    if (!elements.evaluate(op) ||
        !isFunction(
            *elements.find(op->getResult(0)),
            [&](double x, double other) { return bias ? x + other : x; },
            /*tolerance=*/0))
      return;
    value = op->getResult(0);
    if (product.isOfType(value)) {
      product.x = value;
      product.bias = bias;
    }
  }
}

void BlockRewriter::findActivation(Product &product) {
  Elements elements;
  elements.set(product.x, sample(product.x, kPoints));
  elements.follow(product.x);
  for (Value value : elements.getValues()) {
    if (value == product.x || !product.isOfType(value) ||
        !belongs(value.getDefiningOp(), product))
      continue;
    const Samples &samples = *elements.find(value);
    if (isFunction(
            samples, [](double x, double) { return std::max(x, 0.0); }, 0))
      product.activation = kRelu;
    else if (isFunction(
                 samples, [](double x, double) { return gelu(x); }, 2e-6))
      product.activation = kGelu;
    else
      continue;
    product.y = value;
    product.ofX = elements.take();
    return;
  }
}

/// Whether nobody reads x, or what is computed of it, once y is made elsewhere.
static bool isOnlyForActivation(const Product &product) {
  llvm::SetVector<Value> read;
  read.insert(product.x);
  // It grows.
  for (size_t i = 0; i < read.size(); ++i)
    for (Operation *user : Value(read[i]).getUsers()) {
      if (user == product.y.getDefiningOp())
        continue;
      if (user->getNumResults() != 1 ||
          !product.ofX.contains(user->getResult(0)))
        return false;
      read.insert(user->getResult(0));
    }
  return true;
}

/// Whether only type and shape of its operand change.
static bool isAlias(Operation *op) {
  if (op->getNumOperands() != 1 ||
      !isa<FloatType>(getElementTypeOrSelf(op->getOperand(0))))
    return false;
  Elements elements;
  elements.set(op->getOperand(0), sample(op->getOperand(0), kPoints));
  return elements.evaluate(op) && isFunction(
                                      *elements.find(op->getResult(0)),
                                      [](double x, double) { return x; }, 0);
}

/// A sum of the rows of the matrix of so many columns that `value` is, where the
/// product is computed; null if there is none.
Operation *BlockRewriter::findRowSum(Value value, int64_t columns,
                                     const Product &product) {
  auto countOf = [](Value value) {
    return cast<ShapedType>(value.getType()).getNumElements();
  };
  while (value.getDefiningOp() && isAlias(value.getDefiningOp()))
    value = value.getDefiningOp()->getOperand(0);
  SmallVector<Value> same = {value};
  // It grows.
  for (size_t i = 0; i < same.size(); ++i)
    for (Operation *user : Value(same[i]).getUsers()) {
      if (isAlias(user))
        same.push_back(user->getResult(0));
      auto sum = dyn_cast<ReduceOp>(user);
      if (sum && sum.getKind() == ReduceKind::Sum && belongs(sum, product) &&
          (sum.getType().getElementType().isF32() ||
           sum.getType().getElementType() == product.getElement()) &&
          llvm::equal(sum.getDims(),
                      llvm::seq<int64_t>(0, sum.getDims().size())) &&
          countOf(sum) == columns)
        return sum;
    }
  return nullptr;
}

static Value reshape(OpBuilder &builder, Location loc, Value value,
                     ArrayRef<int64_t> shape) {
  auto type = cast<RankedTensorType>(value.getType());
  return type.getShape() == shape
             ? value
             : ReshapeOp::create(builder, loc, type.clone(shape), value);
}

static Value convert(OpBuilder &builder, Location loc, Value value,
                     Type element) {
  auto type = cast<RankedTensorType>(value.getType());
  return type.getElementType() == element
             ? value
             : Math(builder, loc).convert(value, element);
}

/// In front of `where`. Null, and nothing is built, if the target does not compute
/// it. `operand` is the third one; `length` that of a second result that is a
/// vector.
plan::ProductOp BlockRewriter::build(const Product &product, Operation *where,
                                     int32_t parts, Value operand,
                                     int64_t length) {
  StampCopier copier(product.op);
  OpBuilder builder(where, &copier);
  Location loc = where->getLoc();
  auto form =
      plan::ProductAttr::get(builder.getContext(), product.parts | parts);
  auto type = cast<RankedTensorType>(product.getResult().getType());
  SmallVector<Type> results = {type},
                    types = llvm::to_vector(product.op->getOperandTypes());
  if (form.has(kExtraResult))
    results.push_back(form.has(kKeep) ? type : type.clone({length}));
  RankedTensorType extra = form.has(kBias) ? type.clone({product.n}) : type;
  if (operand)
    types.push_back(extra);
  if (!target.computes(form, types, results))
    return {};
  SmallVector<Value> operands = llvm::to_vector(product.op->getOperands());
  if (operand)
    operands.push_back(reshape(
        builder, loc, convert(builder, loc, operand, type.getElementType()),
        extra.getShape()));
  return plan::ProductOp::create(builder, loc, results, form, operands);
}

/// `with` has the same elements, in this order.
void BlockRewriter::replace(Value old, Value with) {
  StampCopier copier(with.getDefiningOp());
  OpBuilder builder(with.getContext(), &copier);
  builder.setInsertionPointAfterValue(with);
  auto type = cast<RankedTensorType>(old.getType());
  old.replaceAllUsesWith(
      convert(builder, old.getLoc(),
              reshape(builder, old.getLoc(), with, type.getShape()),
              type.getElementType()));
}

void BlockRewriter::eraseDead(Operation *op) {
  llvm::SetVector<Operation *> dead;
  dead.insert(op);
  while (!dead.empty()) {
    Operation *last = dead.pop_back_val();
    // It may be gone already.
    if (!last->getBlock() || !isOpTriviallyDead(last))
      continue;
    for (Value operand : last->getOperands())
      if (Operation *maker = operand.getDefiningOp())
        dead.insert(maker);
    last->dropAllReferences();
    last->remove();
    erased.push_back(last);
  }
}

/// The product times the slope of a GELU at its x.
bool BlockRewriter::takeGradient(const Product &product) {
  Elements elements(&owners);
  elements.set(product.getResult(), sample(product.getResult(), kOthers));
  elements.follow(product.getResult());
  const Product *of = elements.getOwner();
  if (!of || of->activation != kGelu || product.m != of->m ||
      product.n != of->n || product.getElement() != of->getElement())
    return false;
  auto isGradient = [&](Value value) {
    return product.isOfType(value) && belongs(value.getDefiningOp(), product) &&
           isFunction(
               *elements.find(value),
               [](double x, double g) { return g * geluSlope(x); }, 2e-5);
  };
  const auto *found = llvm::find_if(elements.getValues(), isGradient);
  if (found == elements.getValues().end())
    return false;
  Value gradient = *found;
  Operation *sum = findRowSum(gradient, product.n, product);
  // An x that is computed again may come behind the product.
  Operation *where = product.op, *last = of->x.getDefiningOp();
  if (where->isBeforeInBlock(last))
    where = last->getNextNode();
  plan::ProductOp made =
      sum ? build(product, where, kGeluGradient | kSumResult, of->x, product.n)
          : plan::ProductOp();
  if (!made) {
    sum = nullptr;
    made = build(product, where, kGeluGradient, of->x);
  }
  if (!made)
    return false;
  if (sum) {
    replace(sum->getResult(0), made->getResult(1));
    eraseDead(sum);
  }
  replace(gradient, made->getResult(0));
  eraseDead(gradient.getDefiningOp());
  return true;
}

void BlockRewriter::takeActivation(const Product &product) {
  int32_t bias = product.bias ? kBias : 0, activation = product.activation;
  if (activation && !isOnlyForActivation(product))
    activation = activation == kGelu ? kGelu | kKeep : 0;
  Operation *where = product.x.getDefiningOp();
  plan::ProductOp made;
  if (activation)
    made = build(product, where, bias | activation, product.bias);
  if (made) {
    replace(product.y, made->getResult(0));
    eraseDead(product.y.getDefiningOp());
    if (activation & kKeep)
      replace(product.x, made->getResult(1));
    return eraseDead(where);
  }
  if (bias && product.getElement().isF32())
    made = build(product, where, bias, product.bias);
  if (made) {
    replace(product.x, made->getResult(0));
    eraseDead(where);
  }
}

/// The gradient of a bias, by the product that makes the weight's.
void BlockRewriter::takeRowSum(const Product &product) {
  for (bool isA : {true, false}) {
    if (isA ? !(product.parts & kTransA) : (product.parts & kTransB) != 0)
      continue;
    int64_t columns = isA ? product.m : product.n;
    Operation *sum =
        findRowSum(product.op->getOperand(isA ? 0 : 1), columns, product);
    if (!sum || llvm::any_of(sum->getUsers(), [&](Operation *user) {
          return user->isBeforeInBlock(product.op);
        }))
      continue;
    plan::ProductOp made =
        build(product, product.op, isA ? kSumA : kSumB, {}, columns);
    if (!made)
      continue;
    replace(sum->getResult(0), made->getResult(1));
    replace(product.getResult(), made->getResult(0));
    eraseDead(sum);
    return eraseDead(product.op);
  }
}

/// A product, also of batches, in tf32.
void BlockRewriter::takeType(Operation *op) {
  auto form = dyn_cast_or_null<plan::MatmulAttr>(getLibraryForm(op));
  if (!form || !getElementTypeOrSelf(op->getResult(0)).isF32() ||
      !target.hasForm(TypeID::get<plan::ProductAttr>(),
                      getElementTypeOrSelf(op->getResult(0))))
    return;
  auto product = plan::ProductAttr::get(
      op->getContext(), kTF32 | (form.getTransA() ? kTransA : 0) |
                            (form.getTransB() ? kTransB : 0));
  if (!target.computes(product, op->getOperandTypes(), op->getResultTypes()))
    return;
  StampCopier copier(op);
  OpBuilder builder(op, &copier);
  op->replaceAllUsesWith(plan::ProductOp::create(
      builder, op->getLoc(), op->getResultTypes(), product, op->getOperands()));
  eraseDead(op);
}

void BlockRewriter::run() {
  std::vector<Product> products;
  for (Operation &op : block)
    if (std::optional<Product> product = asProduct(&op))
      products.push_back(std::move(*product));
  for (Product &product : products) {
    findBias(product);
    findActivation(product);
    for (auto &[value, samples] : product.ofX)
      owners[value] = &product;
  }
  SmallVector<const Product *> others;
  for (const Product &product : products)
    if (!takeGradient(product))
      others.push_back(&product);
  for (const Product *product : others)
    takeActivation(*product);
  products.clear();
  for (Operation &op : block)
    if (std::optional<Product> product = asProduct(&op))
      products.push_back(std::move(*product));
  for (const Product &product : products)
    takeRowSum(product);
  if (usesTF32)
    for (Operation &op : llvm::make_early_inc_range(block))
      takeType(&op);
}

namespace {

struct TakeEpilogues : dpc::impl::TakeEpiloguesBase<TakeEpilogues> {
  using TakeEpiloguesBase::TakeEpiloguesBase;
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    const plan::TargetInfo *target = plan::getTarget(function);
    auto module = function->getParentOfType<ModuleOp>();
    auto precision = module ? module->getAttrOfType<StringAttr>(kPrecisionAttr)
                            : StringAttr();
    if (target && !function.isExternal())
      BlockRewriter(function.front(), *target,
                    precision && precision.getValue() == "tf32")
          .run();
  }
};

} // namespace
