//===- ModelFile.cpp - An ONNX file without its weights -------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Parsing a model with protobuf copies its weights. Therefore the wire format
// is walked first, along model -> graph -> initializer, and what is handed to
// protobuf is the same message with the payloads left out:
//
//   file     08 08 | 3a GRAPH: .. | 2a TENSOR: 08 02 .. | 4a 08 <8 bytes> | ..
//   skeleton 08 08 | 3a GRAPH: .. | 2a TENSOR: 08 02 ..                   | ..
//                                   and payloads = [Raw at the 8 bytes]
//
//===----------------------------------------------------------------------===//

#include "compiler/Import/ModelFile.h"

#include "dialects/ONNX/Limits.h"

#include "llvm/Support/LEB128.h"

#include <google/protobuf/stubs/logging.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace llvm;
using namespace dpc;

Expected<std::unique_ptr<MemoryBuffer>> dpc::openModelFile(StringRef path) {
  // O_NONBLOCK keeps a FIFO from blocking before it is refused.
  int descriptor =
      open(path.str().c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0)
    return makeError(Twine("cannot open the model: ") + strerror(errno) +
                     "; check the path");
  struct stat status;
  std::string refused;
  if (fstat(descriptor, &status) != 0)
    refused = std::string("cannot read the model: ") + strerror(errno) +
              "; check the file";
  else if (S_ISDIR(status.st_mode))
    refused = "is a directory; name the .onnx file in it";
  else if (!S_ISREG(status.st_mode))
    refused = "is no regular file; name an .onnx file";
  else if (status.st_size == 0)
    refused = "is empty; name an .onnx file";
  else if (status.st_size > INT32_MAX)
    refused = "is larger than 2 GiB, protobuf's limit; keep the weights as "
              "external data (onnx.save with save_as_external_data=True)";
  if (!refused.empty()) {
    ::close(descriptor);
    return makeError(refused);
  }
  auto buffer = MemoryBuffer::getOpenFile(descriptor, path, status.st_size,
                                          /*RequiresNullTerminator=*/false);
  ::close(descriptor);
  if (!buffer)
    return makeError("cannot read the model: " + buffer.getError().message() +
                     "; check the file");
  return std::move(*buffer);
}

namespace {
enum WireType { Varint = 0, Fixed64 = 1, Delimited = 2, Fixed32 = 5 };

/// One field: its bytes with the tag, and, if delimited, its content.
struct Field {
  unsigned number, wireType;
  StringRef whole, content;
};

/// Reads a message field by field.
class WireReader {
public:
  explicit WireReader(StringRef bytes) : rest(bytes) {}

  bool atEnd() const { return rest.empty(); }

  /// False if the bytes are malformed.
  bool next(Field &field) {
    const char *begin = rest.data();
    uint64_t tag, number;
    if (!readVarint(tag) || tag > UINT32_MAX || tag >> 3 == 0)
      return false;
    field.number = tag >> 3;
    field.wireType = tag & 7;
    switch (field.wireType) {
    case Varint:
      number = 0;
      if (!readVarint(number))
        return false;
      break;
    case Fixed64:
    case Fixed32: {
      size_t width = field.wireType == Fixed64 ? 8 : 4;
      if (rest.size() < width)
        return false;
      rest = rest.drop_front(width);
      break;
    }
    case Delimited:
      if (!readVarint(number) || number > rest.size())
        return false;
      field.content = rest.take_front(number);
      rest = rest.drop_front(number);
      break;
    default:
      // Groups: ONNX has none.
      return false;
    }
    field.whole = StringRef(begin, rest.data() - begin);
    return true;
  }

private:
  bool readVarint(uint64_t &number) {
    // Protobuf's varints end within 10 bytes. The decoder must not see more: it
    // shifts by 7 for each byte, whatever the width of its result.
    StringRef window = rest.take_front(10);
    unsigned length = 0;
    const char *error = nullptr;
    number = decodeULEB128(window.bytes_begin(), &length, window.bytes_end(),
                           &error);
    rest = rest.drop_front(error ? 0 : length);
    return !error;
  }

  StringRef rest;
};

/// About what `bytes` take once they are parsed: an empty message is two bytes
/// in the file and an object of some hundred bytes in memory. Whether a field
/// is a message or a string is told by its content. Ends early beyond `limit`.
int64_t estimateParsedSize(StringRef bytes, int64_t limit, unsigned depth = 0) {
  constexpr int64_t objectBytes = 400, stringBytes = 64, numberBytes = 16;
  // Protobuf reads no deeper.
  constexpr unsigned maxDepth = 100;
  int64_t asString = stringBytes + static_cast<int64_t>(bytes.size());
  if (depth > maxDepth)
    return asString;
  WireReader reader(bytes);
  Field field;
  int64_t size = objectBytes;
  while (!reader.atEnd() && size <= limit) {
    if (!reader.next(field))
      return asString;
    size += field.wireType == Delimited
                ? estimateParsedSize(field.content, limit - size, depth + 1)
                : numberBytes;
  }
  return size;
}

/// Writes the skeleton and collects the payloads.
class Stripper {
public:
  Stripper(StringRef bytes, std::vector<std::optional<Payload>> &payloads)
      : base(bytes.data()), payloads(payloads) {}

  bool stripModel(StringRef bytes, std::string &out) {
    return stripInner(bytes, pb::ModelProto::kGraphFieldNumber,
                      &Stripper::stripGraph, out);
  }

private:
  using Strip = bool (Stripper::*)(StringRef, std::string &);

  bool stripInner(StringRef bytes, unsigned inner, Strip strip,
                  std::string &out) {
    WireReader reader(bytes);
    Field field;
    while (!reader.atEnd()) {
      if (!reader.next(field))
        return false;
      if (field.number != inner) {
        out += field.whole;
        continue;
      }
      std::string content;
      if (field.wireType != Delimited ||
          !(this->*strip)(field.content, content))
        return false;
      raw_string_ostream stream(out);
      encodeULEB128(inner << 3 | Delimited, stream);
      encodeULEB128(content.size(), stream);
      stream << content;
    }
    return true;
  }

  bool stripGraph(StringRef bytes, std::string &out) {
    return stripInner(bytes, pb::GraphProto::kInitializerFieldNumber,
                      &Stripper::stripTensor, out);
  }

  /// A payload in several pieces, or of floats that are not packed, is not one
  /// range of bytes; it stays in the skeleton.
  bool stripTensor(StringRef bytes, std::string &out) {
    std::optional<Payload> payload;
    bool inOnePiece = true;
    WireReader reader(bytes);
    Field field;
    while (!reader.atEnd()) {
      if (!reader.next(field))
        return false;
      auto kind = getPayloadField(field.number);
      if (!kind) {
        out += field.whole;
        continue;
      }
      if (payload || field.wireType != Delimited) {
        inOnePiece = false;
        break;
      }
      payload = {*kind, field.content.data() - base,
                 static_cast<int64_t>(field.content.size())};
    }
    if (!inOnePiece) {
      payload.reset();
      out = bytes.str();
    }
    payloads.push_back(payload);
    return true;
  }

  static std::optional<Payload::Field> getPayloadField(unsigned number) {
    switch (number) {
    case pb::TensorProto::kRawDataFieldNumber:
      return Payload::Raw;
    case pb::TensorProto::kFloatDataFieldNumber:
      return Payload::Float;
    case pb::TensorProto::kDoubleDataFieldNumber:
      return Payload::Double;
    default:
      return std::nullopt;
    }
  }

  const char *base;
  std::vector<std::optional<Payload>> &payloads;
};
} // namespace

Error dpc::parseModelFile(StringRef bytes, ModelFile &file) {
  constexpr auto notAModel =
      "is not an ONNX model, or is cut short; export it again";
  // It would otherwise write to standard error.
  google::protobuf::SetLogHandler(nullptr);
  std::string skeleton;
  file.payloads.clear();
  if (bytes.size() > INT32_MAX ||
      !Stripper(bytes, file.payloads).stripModel(bytes, skeleton))
    return makeError(notAModel);
  if (skeleton.size() > limits::kSkeletonBytes)
    return makeError("holds more than 256 MiB beside its weights; keep large "
                     "tensors as raw data or external data");
  if (estimateParsedSize(skeleton, limits::kParsedBytes) > limits::kParsedBytes)
    return makeError("has more nodes, attributes and names than fit in 1 GiB; "
                     "split the model");
  file.proto =
      google::protobuf::Arena::CreateMessage<pb::ModelProto>(&file.arena);
  if (!file.proto->ParseFromString(skeleton))
    return makeError(notAModel);
  if (!file.proto->has_graph())
    return makeError("is not an ONNX model: it holds no graph; export it "
                     "again");
  assert(file.payloads.size() ==
             static_cast<size_t>(file.proto->graph().initializer_size()) &&
         "one entry per initializer");
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Tensors outside of the main graph's initializers
//===----------------------------------------------------------------------===//

namespace {
/// Recursion is bounded: protobuf refuses messages nested deeper than 100.
struct InnerTensors {
  std::string &where;
  TensorVisitor visit;

  template <typename Range, typename Fn> Error each(Range *range, Fn fn) {
    for (auto &element : *range) {
      if (Error error = fn(element))
        return error;
    }
    return Error::success();
  }

  Error tensors(google::protobuf::RepeatedPtrField<pb::TensorProto> *list) {
    return each(list, [&](pb::TensorProto &t) { return visit(t, where); });
  }

  Error sparse(pb::SparseTensorProto &tensor) {
    if (tensor.has_values())
      if (Error error = visit(*tensor.mutable_values(), where))
        return error;
    if (tensor.has_indices())
      return visit(*tensor.mutable_indices(), where);
    return Error::success();
  }

  Error attribute(pb::AttributeProto &attr) {
    if (attr.has_t())
      if (Error error = visit(*attr.mutable_t(), where))
        return error;
    if (attr.has_sparse_tensor())
      if (Error error = sparse(*attr.mutable_sparse_tensor()))
        return error;
    if (attr.has_g())
      if (Error error = graph(*attr.mutable_g(), /*isMain=*/false))
        return error;
    if (Error error = tensors(attr.mutable_tensors()))
      return error;
    if (Error error = each(attr.mutable_sparse_tensors(),
                           [&](auto &tensor) { return sparse(tensor); }))
      return error;
    return each(attr.mutable_graphs(),
                [&](auto &inner) { return graph(inner, /*isMain=*/false); });
  }

  Error nodes(google::protobuf::RepeatedPtrField<pb::NodeProto> *list) {
    return each(list, [&](pb::NodeProto &node) {
      std::string outer = where;
      if (!node.name().empty() || !node.op_type().empty())
        where = node.name().empty() ? node.op_type() : node.name();
      Error error = each(node.mutable_attribute(),
                         [&](auto &attr) { return attribute(attr); });
      if (!error)
        where = outer;
      return error;
    });
  }

  Error graph(pb::GraphProto &graph, bool isMain) {
    if (!isMain)
      if (Error error = tensors(graph.mutable_initializer()))
        return error;
    if (Error error = each(graph.mutable_sparse_initializer(),
                           [&](auto &tensor) { return sparse(tensor); }))
      return error;
    return nodes(graph.mutable_node());
  }

  Error model(pb::ModelProto &model) {
    if (Error error = graph(*model.mutable_graph(), /*isMain=*/true))
      return error;
    if (Error error = each(model.mutable_functions(), [&](auto &function) {
          if (Error error = each(function.mutable_attribute_proto(),
                                 [&](auto &attr) { return attribute(attr); }))
            return error;
          return nodes(function.mutable_node());
        }))
      return error;
    return each(model.mutable_training_info(), [&](auto &info) -> Error {
      if (info.has_initialization())
        if (Error error =
                graph(*info.mutable_initialization(), /*isMain=*/false))
          return error;
      if (info.has_algorithm())
        return graph(*info.mutable_algorithm(), /*isMain=*/false);
      return Error::success();
    });
  }
};
} // namespace

Error dpc::visitInnerTensors(pb::ModelProto &model, std::string &where,
                             TensorVisitor visit) {
  where.clear();
  return InnerTensors{where, visit}.model(model);
}
