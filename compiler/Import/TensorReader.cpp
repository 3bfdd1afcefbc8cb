//===- TensorReader.cpp - TensorProto to MLIR -----------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Import/TensorReader.h"

#include "dialects/ONNX/ONNXDialect.h"

#include <limits>

using namespace mlir;
using namespace dpc;
using llvm::Expected;

int64_t dpc::getElementBytes(Type elementType) {
  return std::max(1u, elementType.getIntOrFloatBitWidth() / 8);
}

Expected<RankedTensorType> dpc::makeTensorType(ArrayRef<int64_t> shape,
                                               Type elementType) {
  if (static_cast<int64_t>(shape.size()) > limits::kRank)
    return makeError("has " + Twine(shape.size()) + " dimensions; at most " +
                     Twine(limits::kRank) + " are supported");
  // A dimension of 0 does not make an overflow harmless: MLIR multiplies from
  // left to right.
  int64_t size = getElementBytes(elementType);
  for (int64_t dim : shape) {
    if (ShapedType::isDynamic(dim))
      continue;
    if (dim < 0)
      return makeError("has the negative dimension " + Twine(dim) +
                       "; dimensions must be 0 or more");
    if (llvm::MulOverflow(size, std::max<int64_t>(dim, 1), size))
      return makeError("has more elements than memory can address; check its "
                       "dimensions");
  }
  return RankedTensorType::get(shape, elementType);
}

Expected<RankedTensorType> TensorReader::getType(const pb::TensorProto &t) {
  if (!t.has_data_type())
    return makeError("has no element type; export the model again");
  Type elementType = onnx::getElementType(&context, t.data_type());
  if (!elementType)
    return makeError(
        "has element type " + onnx::getElementTypeName(t.data_type()) +
        ", which is not supported; use a float, integer or boolean type");
  if (llvm::is_contained(t.dims(), ShapedType::kDynamic))
    return makeError("has a negative dimension; dimensions must be 0 or more");
  return makeTensorType(ArrayRef<int64_t>(t.dims().data(), t.dims_size()),
                        elementType);
}

//===----------------------------------------------------------------------===//
// Places in files
//===----------------------------------------------------------------------===//

static bool hasInlineData(const pb::TensorProto &t) {
  return t.has_raw_data() || t.float_data_size() || t.double_data_size() ||
         t.int32_data_size() || t.int64_data_size() || t.uint64_data_size() ||
         t.string_data_size();
}

static llvm::Error makeSizeError(StringRef what, int64_t has, int64_t needed) {
  return makeError(what + " has " + Twine(has) +
                   " bytes, but its shape needs " + Twine(needed) +
                   "; the file is damaged");
}

Expected<InitializerData>
TensorReader::locateExternal(const pb::TensorProto &tensor, int64_t length,
                             bool &present) {
  if (hasInlineData(tensor))
    return makeError("has data both in the model and in an external file; "
                     "export the model again");
  auto ref = parseExternalRef(tensor);
  if (!ref)
    return ref.takeError();
  if (ref->length && *ref->length != length)
    return makeSizeError("external data", *ref->length, length);
  auto size = files.getSize(ref->file);
  if (!size)
    return size.takeError();
  present = size->has_value();
  if (!present && requireData)
    return makeError("external data file '" + ref->file +
                     "' does not exist; put it into the model's folder");
  if (present) {
    int64_t rest = **size - ref->offset;
    if (rest < length)
      return makeError("external data at " + Twine(ref->offset) + ", " +
                       Twine(length) + " bytes, lies outside of '" + ref->file +
                       "', which has " + Twine(**size) +
                       "; the file is cut short or is another model's");
  } else if (ref->offset > std::numeric_limits<int64_t>::max() - length) {
    return makeError("external data offset and length overflow; the file is "
                     "damaged");
  }
  InitializerData data;
  data.file = ref->file;
  data.offset = ref->offset;
  data.length = length;
  return data;
}

llvm::Error TensorReader::checkExternal(const pb::TensorProto &tensor) {
  if (!isExternal(tensor))
    return llvm::Error::success();
  // A type that is not carried has no size here; its place is checked anyway.
  if (!onnx::getElementType(&context, tensor.data_type())) {
    auto ref = parseExternalRef(tensor);
    if (!ref)
      return ref.takeError();
    return files.getSize(ref->file).takeError();
  }
  auto type = getType(tensor);
  if (!type)
    return type.takeError();
  bool present = false;
  int64_t length =
      type->getNumElements() * getElementBytes(type->getElementType());
  return locateExternal(tensor, length, present).takeError();
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

/// `bytes` has the length that the type needs.
static DenseElementsAttr makeDense(RankedTensorType type,
                                   ArrayRef<char> bytes) {
  if (type.getElementType().isInteger(1)) {
    SmallVector<bool> flags;
    for (char byte : bytes)
      flags.push_back(byte != 0);
    return DenseElementsAttr::get(type, ArrayRef<bool>(flags));
  }
  return DenseElementsAttr::getFromRawBuffer(type, bytes);
}

/// Packs the elements of a repeated field into `out`, refusing those outside of
/// [min, max].
template <typename Stored, typename Field>
static llvm::Error pack(const Field &field, SmallVectorImpl<char> &out,
                        int64_t min = std::numeric_limits<int64_t>::min(),
                        uint64_t max = std::numeric_limits<uint64_t>::max()) {
  using Element = typename Field::value_type;
  out.reserve(field.size() * sizeof(Stored));
  for (Element element : field) {
    if constexpr (std::is_integral_v<Element>) {
      bool tooSmall =
          std::is_signed_v<Element> && static_cast<int64_t>(element) < min;
      bool tooLarge = element > 0 && static_cast<uint64_t>(element) > max;
      if (tooSmall || tooLarge)
        return makeError("holds " + Twine(element) +
                         ", which its element type cannot hold; the file is "
                         "damaged");
    }
    auto stored = static_cast<Stored>(element);
    const char *begin = reinterpret_cast<const char *>(&stored);
    out.append(begin, begin + sizeof(Stored));
  }
  return llvm::Error::success();
}

template <typename Stored, typename Field>
static llvm::Error packChecked(const Field &field, SmallVectorImpl<char> &out) {
  using Limits = std::numeric_limits<Stored>;
  return pack<Stored>(field, out, static_cast<int64_t>(Limits::min()),
                      static_cast<uint64_t>(Limits::max()));
}

/// The typed field that carries a data type. 16-bit floats are bits in
/// int32_data.
static llvm::Error packTyped(const pb::TensorProto &t,
                             SmallVectorImpl<char> &out) {
  switch (t.data_type()) {
  case pb::TensorProto::FLOAT:
    return pack<float>(t.float_data(), out);
  case pb::TensorProto::DOUBLE:
    return pack<double>(t.double_data(), out);
  case pb::TensorProto::BOOL:
    return pack<uint8_t>(t.int32_data(), out, 0, 1);
  case pb::TensorProto::INT8:
    return packChecked<int8_t>(t.int32_data(), out);
  case pb::TensorProto::INT16:
    return packChecked<int16_t>(t.int32_data(), out);
  case pb::TensorProto::INT32:
    return packChecked<int32_t>(t.int32_data(), out);
  case pb::TensorProto::UINT8:
    return packChecked<uint8_t>(t.int32_data(), out);
  case pb::TensorProto::UINT16:
  case pb::TensorProto::FLOAT16:
  case pb::TensorProto::BFLOAT16:
    return packChecked<uint16_t>(t.int32_data(), out);
  case pb::TensorProto::INT64:
    return packChecked<int64_t>(t.int64_data(), out);
  case pb::TensorProto::UINT32:
    return packChecked<uint32_t>(t.uint64_data(), out);
  case pb::TensorProto::UINT64:
    return packChecked<uint64_t>(t.uint64_data(), out);
  default:
    llvm_unreachable("getType admits no other type");
  }
}

Expected<DenseElementsAttr> TensorReader::readFields(const pb::TensorProto &t,
                                                     RankedTensorType type) {
  int fields = t.has_raw_data() + (t.float_data_size() > 0) +
               (t.double_data_size() > 0) + (t.int32_data_size() > 0) +
               (t.int64_data_size() > 0) + (t.uint64_data_size() > 0) +
               (t.string_data_size() > 0);
  if (fields > 1)
    return makeError("has data in several fields; export the model again");
  if (t.has_segment())
    return makeError("is stored in segments, which is not supported; export "
                     "the model again");
  int64_t needed =
      type.getNumElements() * getElementBytes(type.getElementType());
  if (t.has_raw_data()) {
    int64_t size = t.raw_data().size();
    if (size != needed)
      return makeSizeError("raw data", size, needed);
    return makeDense(type, t.raw_data());
  }
  SmallVector<char> packed;
  if (llvm::Error error = packTyped(t, packed))
    return error;
  int64_t size = packed.size();
  if (size == 0 && fields == 1)
    return makeError("has its data in a field that is not for " +
                     onnx::getElementTypeName(t.data_type()) +
                     "; export the model again");
  if (size != needed)
    return makeSizeError("its data", size, needed);
  return makeDense(type, packed);
}

Expected<std::string> TensorReader::readExternal(const pb::TensorProto &tensor,
                                                 RankedTensorType type) {
  int64_t length =
      type.getNumElements() * getElementBytes(type.getElementType());
  bool present = false;
  auto data = locateExternal(tensor, length, present);
  if (!data)
    return data.takeError();
  if (!present)
    return makeError("external data file '" + data->file +
                     "' does not exist; put it into the model's folder");
  if (length > externalBytesLeft)
    return makeError("external constants take more than 1 GiB; make them "
                     "initializers");
  externalBytesLeft -= length;
  std::string content(length, '\0');
  if (llvm::Error error =
          files.read(data->file, data->offset,
                     MutableArrayRef<char>(content.data(), content.size())))
    return error;
  return content;
}

Expected<DenseElementsAttr> TensorReader::read(const pb::TensorProto &tensor,
                                               RankedTensorType type) {
  if (!isExternal(tensor))
    return readFields(tensor, type);
  auto content = readExternal(tensor, type);
  if (!content)
    return content.takeError();
  return makeDense(type, ArrayRef<char>(content->data(), content->size()));
}

Expected<InitializerData>
TensorReader::locate(const pb::TensorProto &tensor, RankedTensorType type,
                     const std::optional<Payload> &payload) {
  int64_t count = type.getNumElements();
  int64_t length = count * getElementBytes(type.getElementType());
  bool isInteger = isa<IntegerType>(type.getElementType());
  bool isConstant = count == 0 || type.getRank() == 0 ||
                    (isInteger && count <= limits::kInlineElements);
  // It may be a parameter after all.
  bool isScalar = type.getRank() == 0 && !isInteger;
  // Short vectors of numbers may be factors of a shape.
  bool isRead =
      isConstant || count <= (isInteger             ? limits::kReadElements
                              : type.getRank() == 1 ? limits::kReadReals
                                                    : 0);
  InitializerData data;
  if (isExternal(tensor)) {
    if (payload)
      return makeError("has data both in the model and in an external file; "
                       "export the model again");
    bool present = false;
    auto place = locateExternal(tensor, length, present);
    if (!place)
      return place.takeError();
    data = std::move(*place);
    if (isRead && present) {
      auto value = read(tensor, type);
      if (!value)
        return value.takeError();
      data.value = *value;
      if (isConstant && !isScalar)
        data.file.clear();
    }
    return data;
  }
  if (!payload) {
    auto value = readFields(tensor, type);
    if (!value)
      return value.takeError();
    data.value = *value;
    return data;
  }
  if (hasInlineData(tensor))
    return makeError("has data in several fields; export the model again");
  if (tensor.has_segment())
    return makeError("is stored in segments, which is not supported; export "
                     "the model again");
  bool fits = payload->field == Payload::Raw ||
              (payload->field == Payload::Float
                   ? tensor.data_type() == pb::TensorProto::FLOAT
                   : tensor.data_type() == pb::TensorProto::DOUBLE);
  if (!fits)
    return makeError("has its data in a field that is not for " +
                     onnx::getElementTypeName(tensor.data_type()) +
                     "; export the model again");
  if (payload->length != length)
    return makeSizeError("its data", payload->length, length);
  if (isRead) {
    StringRef content = bytes.substr(payload->offset, payload->length);
    data.value = makeDense(type, ArrayRef<char>(content.data(), length));
    if (isConstant && !isScalar)
      return data;
  }
  data.file = files.getModelName().str();
  data.offset = payload->offset;
  data.length = payload->length;
  return data;
}
