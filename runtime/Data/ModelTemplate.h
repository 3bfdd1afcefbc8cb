//===- ModelTemplate.h - Writing the trained ONNX model ---------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The compiler embeds the user's ONNX file as a template: its serialized bytes
// with the payload of every parameter cut out. Writing the trained
// model is then a concatenation with a few lengths, and the runtime needs no
// protobuf. Behind it stands what a safetensors file of the module's tensors
// holds. Payloads of a model go into the file, or, where it would grow beyond
// protobuf's limit of 2 GiB, into a second one beside it, FILE.data, as ONNX's
// external data.
//
// Layout of dpc_model_template, all integers little-endian u64, a string being
// its length and its bytes:
//   char magic[8] = "DPCTMPL3"
//   string   the model's fields but the graph
//   string   the graph's fields but the initializers
//   for each initializer until the end:
//     u8 kind           0 = its fields hold the elements, 1 = a payload of
//                       bytes, 2 = of a parameter
//     string            the tensor's other fields
//     kind 1: string    the payload
//     kind 2: string    the name of a "parameters" entry, whose elements are
//                       written row-major and little-endian
//             integer   TensorProto.DataType of the file, to which they are
//                       rounded
//   u8 kind 3 = the end of the model; for each tensor of the safetensors file:
//     u8 kind = 1
//     string            the name of a "parameters" entry, whose elements are
//                       written in its own dtype
//     integer, integers how many dimensions, and the shape in the file
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_DATA_MODELTEMPLATE_H
#define DPC_RUNTIME_DATA_MODELTEMPLATE_H

#include "runtime/Core/NotFinite.h"
#include "runtime/Core/OutputFile.h"
#include "runtime/Core/Program.h"

#include <functional>
#include <map>

namespace dpc::rt {

/// The elements of a whole parameter, row-major. Valid until the next call.
using ReadParameter = std::function<std::string_view(const Parameter &)>;

class ModelTemplate {
public:
  enum class Format { ONNX, Safetensors };

  /// Checks the whole template: its framing, and that every payload is a
  /// parameter. `path` is the file that will be written. The view of the bytes
  /// must outlive the result.
  static Expected<ModelTemplate>
  parse(std::string_view bytes, const Program &program, std::string_view path,
        Format format = Format::ONNX, uint64_t limit = kLimit);

  /// Length of the model's file, and of the one beside it; 0 if there is none.
  uint64_t bytes() const { return modelBytes; }
  uint64_t dataBytes() const { return externalBytes; }
  static std::string dataPath(const std::string &path) {
    return path + ".data";
  }

  /// Of the ONNX form: the parameters by the names of their initializers.
  std::map<std::string, const Parameter *> initializers() const;
  /// Of the other one: the shape in which a file has the parameter; null if it
  /// has none.
  const Shape *findShape(const std::string &parameter) const {
    auto found = shapes.find(parameter);
    return found == shapes.end() ? nullptr : &found->second;
  }

  /// The first trained parameter that holds a value that is not finite, other
  /// than -inf.
  std::optional<std::pair<const Parameter *, BadValue>>
  findNotFinite(const ReadParameter &read) const;

  /// Writes the model with the parameters as they are read and commits the
  /// files. `data` is null if there is no second one. `showWork` is called
  /// between parameters: writing may take long.
  Status write(OutputFile &file, OutputFile *data, const ReadParameter &read,
               const std::function<void()> &showWork) const;

private:
  static constexpr uint64_t kLimit = (uint64_t(1) << 31) - 1;

  struct Entry {
    std::string_view fields;
    bool hasPayload = false;
    std::string_view literal;
    /// Null for a literal.
    const Parameter *parameter = nullptr;
    /// Of the payload in the file.
    DpcType dtype = DPC_U8;
    uint64_t bytes = 0;
    /// Where it lies in the second file.
    std::optional<uint64_t> position;
  };
  static std::string_view getBytes(const Entry &entry,
                                   const ReadParameter &read) {
    return entry.parameter ? read(*entry.parameter) : entry.literal;
  }
  /// What stands between the fields and the payload, or in its place.
  std::string makeTail(const Entry &entry) const;
  void measure();
  /// False if the parts are not what the program says.
  bool readModel(std::string_view &bytes, const Program &program);
  bool readSafetensors(std::string_view &bytes, const Program &program);
  static const Parameter *find(const Program &program, std::string_view name);
  static Status writePayload(OutputFile &file, const Entry &entry,
                             std::string_view bytes);

  Format format = Format::ONNX;
  std::string safetensorsHeader;
  std::string_view modelFields, graphFields;
  std::vector<Entry> entries;
  std::map<std::string, Shape> shapes;
  /// Of the second file, as the model names it.
  std::string location;
  uint64_t graphBytes = 0, modelBytes = 0, externalBytes = 0;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_DATA_MODELTEMPLATE_H
