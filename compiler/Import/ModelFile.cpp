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
// Some exporters write every weight as a node Constant. In a file without other
// weights, such nodes become initializers of the same name.
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

/// One field: its bytes with the tag, and, if delimited, its content, or the
/// value of a varint.
struct Field {
  unsigned number, wireType;
  StringRef whole, content;
  uint64_t value;
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
    field.content = StringRef();
    switch (field.wireType) {
    case Varint:
      if (!readVarint(field.value))
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

/// False if the bytes are malformed or `fn` returns false.
bool forEachField(StringRef bytes, function_ref<bool(const Field &)> fn) {
  WireReader reader(bytes);
  Field field;
  while (!reader.atEnd())
    if (!reader.next(field) || !fn(field))
      return false;
  return true;
}

/// Whether a tensor holds floats, and more than one.
bool isWeight(StringRef tensor) {
  uint64_t type = pb::TensorProto::UNDEFINED;
  bool isScalar = true;
  bool isWellFormed = forEachField(tensor, [&](const Field &field) {
    if (field.number == pb::TensorProto::kDimsFieldNumber) {
      // In a list, or one by one.
      StringRef dims = field.wireType == Delimited ? field.content
                                                   : field.whole.drop_front();
      isScalar &= dims.find_first_not_of('\1') == StringRef::npos;
    } else if (field.number == pb::TensorProto::kDataTypeFieldNumber &&
               field.wireType == Varint) {
      type = field.value;
    }
    return true;
  });
  return isWellFormed && !isScalar &&
         is_contained<uint64_t>(
             {pb::TensorProto::FLOAT, pb::TensorProto::DOUBLE,
              pb::TensorProto::FLOAT16, pb::TensorProto::BFLOAT16},
             type);
}

/// The tensor and the output of a node Constant that holds a weight and nothing
/// else of interest.
bool readConstant(StringRef node, StringRef &tensor, StringRef &output) {
  StringRef attribute;
  bool isConstant = false;
  bool isPlain = forEachField(node, [&](const Field &field) {
    switch (field.number) {
    case pb::NodeProto::kOpTypeFieldNumber:
      isConstant = field.content == "Constant";
      return isConstant;
    case pb::NodeProto::kOutputFieldNumber:
      return !std::exchange(output, field.content).data();
    case pb::NodeProto::kAttributeFieldNumber:
      return !std::exchange(attribute, field.content).data();
    case pb::NodeProto::kDomainFieldNumber:
      return field.content.empty() || field.content == "ai.onnx";
    case pb::NodeProto::kNameFieldNumber:
    case pb::NodeProto::kDocStringFieldNumber:
    case pb::NodeProto::kMetadataPropsFieldNumber:
      return true;
    default:
      return false;
    }
  });
  StringRef found;
  isPlain = isPlain && isConstant && !output.empty() &&
            forEachField(attribute, [&](const Field &field) {
              switch (field.number) {
              case pb::AttributeProto::kNameFieldNumber:
                return field.content == "value";
              case pb::AttributeProto::kTFieldNumber:
                return !std::exchange(found, field.content).data();
              case pb::AttributeProto::kTypeFieldNumber:
                return field.wireType == Varint &&
                       field.value == pb::AttributeProto::TENSOR;
              case pb::AttributeProto::kDocStringFieldNumber:
                return true;
              default:
                return false;
              }
            });
  if (!isPlain || !isWeight(found)) {
    output = StringRef();
    return false;
  }
  tensor = found;
  return true;
}

/// Writes the skeleton and collects the payloads.
class Stripper {
public:
  Stripper(StringRef bytes, std::vector<std::optional<Payload>> &payloads)
      : base(bytes.data()), payloads(payloads) {}

  bool stripModel(StringRef bytes, std::string &out) {
    return forEachField(bytes, [&](const Field &field) {
      if (field.number != pb::ModelProto::kGraphFieldNumber) {
        out += field.whole;
        return true;
      }
      std::string graph;
      if (field.wireType != Delimited || !stripGraph(field.content, graph))
        return false;
      append(out, field.number, graph);
      return true;
    });
  }

  bool hasNewInitializers() const { return madeInitializers; }

private:
  static void append(std::string &out, unsigned number, StringRef content) {
    raw_string_ostream stream(out);
    encodeULEB128(number << 3 | Delimited, stream);
    encodeULEB128(content.size(), stream);
    stream << content;
  }

  bool stripGraph(StringRef bytes, std::string &out) {
    constexpr unsigned initializer = pb::GraphProto::kInitializerFieldNumber;
    bool hasWeights = false;
    bool isWellFormed = forEachField(bytes, [&](const Field &field) {
      hasWeights |= field.number == initializer && isWeight(field.content);
      return true;
    });
    return isWellFormed && forEachField(bytes, [&](const Field &field) {
             StringRef tensor = field.content, name;
             if (!hasWeights &&
                 field.number == pb::GraphProto::kNodeFieldNumber &&
                 readConstant(field.content, tensor, name)) {
               madeInitializers = true;
             } else if (field.number != initializer) {
               out += field.whole;
               return true;
             }
             std::string stripped;
             if (field.wireType != Delimited || !stripTensor(tensor, stripped))
               return false;
             // The last of two names is the one that counts.
             if (!name.empty())
               append(stripped, pb::TensorProto::kNameFieldNumber, name);
             append(out, initializer, stripped);
             return true;
           });
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
  bool madeInitializers = false;
};
} // namespace

Error dpc::parseModelFile(StringRef bytes, ModelFile &file) {
  constexpr auto notAModel =
      "is not an ONNX model, or is cut short; export it again";
  // It would otherwise write to standard error.
  google::protobuf::SetLogHandler(nullptr);
  std::string skeleton;
  file.payloads.clear();
  Stripper stripper(bytes, file.payloads);
  if (bytes.size() > INT32_MAX || !stripper.stripModel(bytes, skeleton))
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
  // Before IR version 4 an initializer had to be an input as well.
  if (stripper.hasNewInitializers() && file.proto->ir_version() == 3)
    file.proto->set_ir_version(4);
  assert(file.payloads.size() ==
             static_cast<size_t>(file.proto->graph().initializer_size()) &&
         "one entry per initializer");
  file.facts.assign(file.payloads.size(), {});
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
