//===- AttributeReader.cpp - AttributeProto to MLIR -----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Import/AttributeReader.h"

#include "dialects/ONNX/ONNXDialect.h"

using namespace mlir;
using namespace dpc;
using llvm::Expected;

using Proto = pb::AttributeProto;

/// The types whose value fields are filled; a proto3 writer leaves out zeros,
/// so that a scalar's field may also be absent.
static SmallVector<Proto::AttributeType> getFilledFields(const Proto &attr) {
  SmallVector<Proto::AttributeType> filled;
  auto note = [&](bool isFilled, Proto::AttributeType type) {
    if (isFilled)
      filled.push_back(type);
  };
  note(attr.has_f(), Proto::FLOAT);
  note(attr.has_i(), Proto::INT);
  note(attr.has_s(), Proto::STRING);
  note(attr.has_t(), Proto::TENSOR);
  note(attr.has_g(), Proto::GRAPH);
  note(attr.has_sparse_tensor(), Proto::SPARSE_TENSOR);
  note(attr.has_tp(), Proto::TYPE_PROTO);
  note(attr.floats_size(), Proto::FLOATS);
  note(attr.ints_size(), Proto::INTS);
  note(attr.strings_size(), Proto::STRINGS);
  note(attr.tensors_size(), Proto::TENSORS);
  note(attr.graphs_size(), Proto::GRAPHS);
  note(attr.sparse_tensors_size(), Proto::SPARSE_TENSORS);
  note(attr.type_protos_size(), Proto::TYPE_PROTOS);
  return filled;
}

static std::string nameOf(Proto::AttributeType type) {
  return Proto::AttributeType_Name(type);
}

Expected<Attribute> dpc::readAttribute(const Proto &attr, TensorReader &tensors,
                                       MLIRContext &context) {
  Builder b(&context);
  auto unsupported = [&](StringRef kind) -> Attribute {
    return dpc::onnx::UnsupportedAttr::get(&context, kind);
  };
  if (!attr.has_type() || attr.type() == Proto::UNDEFINED)
    return makeError("has no type; export the model again");
  for (Proto::AttributeType filled : getFilledFields(attr)) {
    if (filled != attr.type())
      return makeError("is declared as " + nameOf(attr.type()) + " but holds " +
                       nameOf(filled) + "; export the model again");
  }
  switch (attr.type()) {
  case Proto::FLOAT:
    return b.getF32FloatAttr(attr.f());
  case Proto::INT:
    return b.getIntegerAttr(b.getIntegerType(64, /*isSigned=*/true), attr.i());
  case Proto::STRING:
    return b.getStringAttr(attr.s());
  case Proto::FLOATS:
    return b.getDenseF32ArrayAttr(
        ArrayRef<float>(attr.floats().data(), attr.floats_size()));
  case Proto::INTS:
    return b.getDenseI64ArrayAttr(
        ArrayRef<int64_t>(attr.ints().data(), attr.ints_size()));
  case Proto::STRINGS: {
    SmallVector<Attribute> strings;
    for (const std::string &string : attr.strings())
      strings.push_back(b.getStringAttr(string));
    return b.getArrayAttr(strings);
  }
  case Proto::TENSOR: {
    if (!attr.has_t())
      return makeError("holds no tensor; export the model again");
    // The legalizer lists such nodes together.
    if (!onnx::getElementType(&context, attr.t().data_type()))
      return unsupported("tensor of " +
                         onnx::getElementTypeName(attr.t().data_type()));
    auto type = tensors.getType(attr.t());
    if (!type)
      return type.takeError();
    auto value = tensors.read(attr.t(), *type);
    if (!value)
      return value.takeError();
    return *value;
  }
  default:
    return unsupported(StringRef(nameOf(attr.type())).lower());
  }
}
