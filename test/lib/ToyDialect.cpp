//===- ToyDialect.cpp - A library form for tests --------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/lib/ToyDialect.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::toy;

#include "test/lib/ToyDialect.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "test/lib/ToyAttributes.cpp.inc"

#define GET_OP_CLASSES
#include "test/lib/ToyOps.cpp.inc"

void ToyDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "test/lib/ToyAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "test/lib/ToyOps.cpp.inc"
      >();
}

StringRef TwiceAttr::getFormName() const { return getMnemonic(); }

LogicalResult
TwiceAttr::verifyTypes(function_ref<InFlightDiagnostic()> emitError,
                       TypeRange operands, TypeRange results) const {
  for (Type operand : operands)
    if (operand != results[0])
      return emitError() << "needs buffers of one type";
  return success();
}

SmallVector<plan::LibraryNumber>
TwiceAttr::getNumbers(TypeRange operands, TypeRange results) const {
  return {cast<ShapedType>(results[0]).getNumElements(), int32_t{getRelu()}};
}

TypeID TwiceOp::getFormKind() { return TypeID::get<TwiceAttr>(); }

plan::LibraryFormAttrInterface TwiceOp::getLibraryForm() {
  if (cast<ShapedType>(getType()).getRank() > 2)
    return {};
  return TwiceAttr::get(getContext(), getRelu());
}

/// None of more than two dimensions is made of others.
Value TwiceOp::buildInForm(OpBuilder &) { return {}; }

Value TwiceOp::buildWithReader(OpBuilder &builder, Operation *reader) {
  if (getRelu())
    return {};
  if (isa<nn::ReluOp>(reader))
    return TwiceOp::create(builder, getLoc(), getType(), getInput(), getBias(),
                           /*relu=*/true);
  if (auto add = dyn_cast<nn::AddOp>(reader); add && !getBias())
    return TwiceOp::create(builder, getLoc(), getType(), getInput(),
                           add.getLhs() == getOutput() ? add.getRhs()
                                                       : add.getLhs(),
                           /*relu=*/false);
  return {};
}
