//===- ProductForm.cpp - Products with what is done to their results ------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/Plan/PlanDialect.h"
#include "dialects/Support/ProductParts.h"

#include "mlir/IR/DialectImplementation.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::plan;

//===----------------------------------------------------------------------===//
// ProductAttr
//===----------------------------------------------------------------------===//

namespace {

struct PartName {
  int32_t part;
  StringRef name;
};

constexpr PartName kPartNames[] = {{kTransA, "transA"},
                                   {kTransB, "transB"},
                                   {kTF32, "tf32"},
                                   {kBias, "bias"},
                                   {kRelu, "relu"},
                                   {kGelu, "gelu"},
                                   {kKeep, "keep"},
                                   {kGeluGradient, "gelu_gradient"},
                                   {kSumResult, "sum_result"},
                                   {kSumA, "sum_a"},
                                   {kSumB, "sum_b"}};

ArrayRef<int64_t> shapeOf(Type type) {
  return cast<ShapedType>(type).getShape();
}

} // namespace

void ProductAttr::print(AsmPrinter &printer) const {
  printer << '<';
  bool isFirst = true;
  for (auto [part, name] : kPartNames)
    if (has(part)) {
      printer << (isFirst ? "" : ", ") << name;
      isFirst = false;
    }
  printer << '>';
}

Attribute ProductAttr::parse(AsmParser &parser, Type) {
  int32_t parts = 0;
  auto parsePart = [&]() -> ParseResult {
    StringRef word;
    auto loc = parser.getCurrentLocation();
    if (parser.parseKeyword(&word))
      return failure();
    auto *found = llvm::find_if(
        kPartNames, [&](const PartName &known) { return known.name == word; });
    if (found == std::end(kPartNames))
      return parser.emitError(loc, "unknown part of a product: ") << word;
    parts |= found->part;
    return success();
  };
  if (parser.parseLess())
    return {};
  if (failed(parser.parseOptionalGreater()) &&
      (parser.parseCommaSeparatedList(parsePart) || parser.parseGreater()))
    return {};
  return get(parser.getContext(), parts);
}

StringRef ProductAttr::getFormName() const {
  if (has(kExtraOperand))
    return has(kExtraResult) ? "product_with_and" : "product_with";
  return has(kExtraResult) ? "product_and" : "product";
}

ProductAttr::Sizes ProductAttr::getSizes(TypeRange operands,
                                         TypeRange results) const {
  ArrayRef<int64_t> lhs = shapeOf(operands[0]), out = shapeOf(results[0]);
  return {llvm::product_of(out.drop_back(2)), out.end()[-2], out.back(),
          lhs.end()[has(kTransA) ? -2 : -1]};
}

LogicalResult
ProductAttr::verifyTypes(function_ref<InFlightDiagnostic()> emitError,
                         TypeRange operands, TypeRange results) const {
  auto countBits = [&](int32_t among) {
    return llvm::popcount(static_cast<uint32_t>(getParts() & among));
  };
  if (countBits(kExtraOperand) > 1 || countBits(kExtraResult) > 1 ||
      countBits(kRelu | kGelu | kGeluGradient) > 1 ||
      (has(kKeep) && !has(kGelu)) || (has(kSumA) && !has(kTransA)) ||
      (has(kSumB) && has(kTransB)))
    return emitError() << "has parts that exclude each other";
  if (operands.size() != 2u + has(kExtraOperand) ||
      results.size() != 1u + has(kExtraResult))
    return emitError() << "needs " << 2 + has(kExtraOperand) << " operands and "
                       << 1 + has(kExtraResult) << " results";
  if (failed(MatmulAttr::get(getContext(), has(kTransA), has(kTransB))
                 .verifyTypes(emitError, operands.take_front(2),
                              results.take_front(1))))
    return failure();
  if (!has(kEpilogue))
    return success();
  Sizes sizes = getSizes(operands, results);
  if (shapeOf(results[0]).size() != 2)
    return emitError() << "has an epilogue, and batches";
  auto isRight = [&](Type type, bool isMatrix) {
    SmallVector<int64_t, 2> shape = {sizes.m, sizes.n};
    if (!isMatrix)
      shape = {has(kSumA) ? sizes.m : sizes.n};
    return shapeOf(type) == ArrayRef(shape) &&
           getElementTypeOrSelf(type) == getElementTypeOrSelf(results[0]);
  };
  if ((has(kExtraOperand) && !isRight(operands[2], has(kGeluGradient))) ||
      (has(kExtraResult) && !isRight(results[1], has(kKeep))))
    return emitError() << "has an epilogue of another type than its matrices";
  return success();
}

SmallVector<LibraryNumber> ProductAttr::getNumbers(TypeRange operands,
                                                   TypeRange results) const {
  auto [batch, m, n, k] = getSizes(operands, results);
  return {getElementTypeOrSelf(results[0]), batch, m, n, k, getParts()};
}

//===----------------------------------------------------------------------===//
// ProductOp
//===----------------------------------------------------------------------===//

TypeID ProductOp::getFormKind() { return TypeID::get<ProductAttr>(); }

LibraryFormAttrInterface ProductOp::getLibraryForm() { return getForm(); }

Value ProductOp::buildInForm(OpBuilder &) { return {}; }

int64_t ProductOp::getFlops() {
  auto [batch, m, n, k] =
      getForm().getSizes(getOperandTypes(), getResultTypes());
  return 2 * batch * m * n * k;
}

LogicalResult ProductOp::verify() {
  return getForm().verifyTypes([&] { return emitOpError(); }, getOperandTypes(),
                               getResultTypes());
}
