//===- MatmulForm.cpp - Dots as products of matrices ----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A general dot has any number of batch, free and contracted dimensions, in any
// order. It is a matrix product once either operand reads
//   (batch..., free, contracted)  or  (batch..., contracted, free)
// with one dimension each. Where dimensions lie next to each other in the right
// order, merging them is a reshape and costs nothing; only otherwise the
// operand is transposed.
//
// Worked example: lhs 4x5x6x7 with batch [0] and contract [2, 3] is 4x5x42.
// With contract [1] and free [2, 3] it is 4x5x42 too, read as transA. With
// contract [1, 3] it must be transposed by [0, 2, 1, 3] first.
//
//===----------------------------------------------------------------------===//

#include "dialects/Plan/PlanDialect.h"

#include "mlir/IR/DialectImplementation.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::nn;
using namespace dpc::plan;

//===----------------------------------------------------------------------===//
// MatmulAttr
//===----------------------------------------------------------------------===//

void MatmulAttr::print(AsmPrinter &printer) const {
  SmallVector<StringRef, 2> flags;
  if (getTransA())
    flags.push_back("transA");
  if (getTransB())
    flags.push_back("transB");
  if (!flags.empty())
    printer << '<' << llvm::join(flags, ", ") << '>';
}

Attribute MatmulAttr::parse(AsmParser &parser, Type) {
  bool transA = false, transB = false;
  auto parseFlag = [&]() -> ParseResult {
    bool &flag =
        succeeded(parser.parseOptionalKeyword("transA")) ? transA : transB;
    if (&flag == &transB && parser.parseKeyword("transB"))
      return failure();
    flag = true;
    return success();
  };
  if (succeeded(parser.parseOptionalLess()) &&
      (parser.parseCommaSeparatedList(parseFlag) || parser.parseGreater()))
    return {};
  return get(parser.getContext(), transA, transB);
}

StringRef MatmulAttr::getFormName() const { return getMnemonic(); }

namespace {

/// What a product's types say: batches of m x k times k x n.
struct MatmulSizes {
  int64_t batch = 1, m, n, k, rhsK;
  MatmulSizes(MatmulAttr form, TypeRange operands, TypeRange results) {
    auto shape = [](Type type) { return cast<ShapedType>(type).getShape(); };
    ArrayRef<int64_t> lhs = shape(operands[0]), rhs = shape(operands[1]);
    m = lhs.end()[form.getTransA() ? -1 : -2];
    k = lhs.end()[form.getTransA() ? -2 : -1];
    n = rhs.end()[form.getTransB() ? -2 : -1];
    rhsK = rhs.end()[form.getTransB() ? -1 : -2];
    for (int64_t extent : shape(results[0]).drop_back(2))
      batch *= extent;
  }
};

} // namespace

LogicalResult
MatmulAttr::verifyTypes(function_ref<InFlightDiagnostic()> emitError,
                        TypeRange operands, TypeRange results) const {
  if (operands.size() != 2 || results.size() != 1)
    return emitError() << "needs two operands and one result";
  Type element = getElementTypeOrSelf(results[0]);
  if (!isa<FloatType>(element) || llvm::any_of(operands, [&](Type type) {
        return getElementTypeOrSelf(type) != element;
      }))
    return emitError() << "needs buffers of one floating-point type";
  auto shape = [](Type type) { return cast<ShapedType>(type).getShape(); };
  ArrayRef<int64_t> lhs = shape(operands[0]), rhs = shape(operands[1]),
                    out = shape(results[0]);
  if (out.size() < 2 || lhs.size() != out.size() || rhs.size() != out.size() ||
      lhs.drop_back(2) != out.drop_back(2) ||
      rhs.drop_back(2) != out.drop_back(2))
    return emitError() << "needs matrices with equal leading dimensions";
  MatmulSizes sizes(*this, operands, results);
  if (sizes.k != sizes.rhsK || sizes.m != out.end()[-2] ||
      sizes.n != out.back())
    return emitError() << "has matrices that do not fit: " << sizes.m << "x"
                       << sizes.k << " times " << sizes.rhsK << "x" << sizes.n
                       << " is not " << out.end()[-2] << "x" << out.back();
  return success();
}

SmallVector<LibraryNumber> MatmulAttr::getNumbers(TypeRange operands,
                                                  TypeRange results) const {
  MatmulSizes sizes(*this, operands, results);
  return {getElementTypeOrSelf(results[0]),
          sizes.batch,
          sizes.m,
          sizes.n,
          sizes.k,
          int32_t{getTransA()},
          int32_t{getTransB()}};
}

//===----------------------------------------------------------------------===//
// DotOp
//===----------------------------------------------------------------------===//

namespace {

SmallVector<int64_t> concat(ArrayRef<int64_t> a, ArrayRef<int64_t> b,
                            ArrayRef<int64_t> c) {
  SmallVector<int64_t> all(a);
  llvm::append_range(all, b);
  llvm::append_range(all, c);
  return all;
}

class MatmulBuilder {
public:
  MatmulBuilder(DotOp dot, OpBuilder &builder)
      : dot(dot), builder(builder), loc(dot.getLoc()) {}

  Value build() {
    // Pairs of contracted dimensions in the order of the left operand's, so
    // that at most the right operand must be transposed for their sake.
    SmallVector<std::pair<int64_t, int64_t>> pairs;
    for (auto [l, r] :
         llvm::zip_equal(dot.getLhsContract(), dot.getRhsContract()))
      pairs.push_back({l, r});
    llvm::sort(pairs);
    SmallVector<int64_t> lhsContract, rhsContract;
    for (auto [l, r] : pairs) {
      lhsContract.push_back(l);
      rhsContract.push_back(r);
    }
    auto [lhs, transA] = prepareOperand(dot.getLhs(), dot.getLhsBatch(),
                                        dot.getLhsFree(), lhsContract,
                                        /*contractLast=*/true);
    auto [rhs, transB] = prepareOperand(dot.getRhs(), dot.getRhsBatch(),
                                        dot.getRhsFree(), rhsContract,
                                        /*contractLast=*/false);
    int64_t numBatch = dot.getLhsBatch().size();
    auto batch = llvm::to_vector(llvm::seq<int64_t>(0, numBatch));
    auto type = cast<RankedTensorType>(dot.getType());
    SmallVector<int64_t> shape(type.getShape().take_front(numBatch));
    auto lhsShape = cast<RankedTensorType>(lhs.getType()).getShape(),
         rhsShape = cast<RankedTensorType>(rhs.getType()).getShape();
    shape.push_back(lhsShape[numBatch + (transA ? 1 : 0)]);
    shape.push_back(rhsShape[numBatch + (transB ? 0 : 1)]);
    Value result =
        DotOp::create(builder, loc, type.clone(shape), lhs, rhs, batch, batch,
                      ArrayRef<int64_t>{numBatch + (transA ? 0 : 1)},
                      ArrayRef<int64_t>{numBatch + (transB ? 1 : 0)});
    return reshape(result, type.getShape());
  }

private:
  struct Prepared {
    Value value;
    /// The operand's last two dimensions are swapped with respect to
    /// (free, contracted) on the left, (contracted, free) on the right.
    bool transposed;
  };

  Prepared prepareOperand(Value operand, ArrayRef<int64_t> batch,
                          ArrayRef<int64_t> free, ArrayRef<int64_t> contract,
                          bool contractLast) {
    auto type = cast<RankedTensorType>(operand.getType());
    auto isInOrder = [](ArrayRef<int64_t> order) {
      return llvm::equal(order, llvm::seq<int64_t>(0, order.size()));
    };
    ArrayRef<int64_t> first = free, last = contract;
    if (!contractLast)
      std::swap(first, last);
    bool transposed = false;
    if (!isInOrder(concat(batch, first, last))) {
      transposed = isInOrder(concat(batch, last, first));
      if (transposed)
        std::swap(first, last);
      else
        operand = TransposeOp::create(builder, loc, operand,
                                      concat(batch, first, last));
    }
    auto product = [&](ArrayRef<int64_t> dims) {
      int64_t size = 1;
      for (int64_t dim : dims)
        size *= type.getDimSize(dim);
      return size;
    };
    SmallVector<int64_t> shape;
    for (int64_t dim : batch)
      shape.push_back(type.getDimSize(dim));
    shape.push_back(product(first));
    shape.push_back(product(last));
    return {reshape(operand, shape), transposed};
  }

  Value reshape(Value value, ArrayRef<int64_t> shape) {
    auto type = cast<RankedTensorType>(value.getType());
    if (type.getShape() == shape)
      return value;
    return ReshapeOp::create(builder, loc, type.clone(shape), value);
  }

  DotOp dot;
  OpBuilder &builder;
  Location loc;
};

struct DotLibrary : LibraryOpInterface::ExternalModel<DotLibrary, DotOp> {
  TypeID getFormKind(Operation *) const { return TypeID::get<MatmulAttr>(); }

  LibraryFormAttrInterface getLibraryForm(Operation *op) const {
    auto dot = cast<DotOp>(op);
    int64_t numBatch = dot.getLhsBatch().size(), rank = numBatch + 2;
    auto isIota = [](ArrayRef<int64_t> dims) {
      return llvm::equal(dims, llvm::seq<int64_t>(0, dims.size()));
    };
    if (dot.getLhs().getType().getRank() != rank ||
        dot.getRhs().getType().getRank() != rank ||
        dot.getLhsContract().size() != 1 || !isIota(dot.getLhsBatch()) ||
        !isIota(dot.getRhsBatch()))
      return {};
    return MatmulAttr::get(op->getContext(),
                           dot.getLhsContract()[0] == numBatch,
                           dot.getRhsContract()[0] == numBatch + 1);
  }

  Value buildInForm(Operation *op, OpBuilder &builder) const {
    return MatmulBuilder(cast<DotOp>(op), builder).build();
  }
};

} // namespace

void MatmulAttr::attach(MLIRContext &context) {
  DotOp::attachInterface<DotLibrary>(context);
}
