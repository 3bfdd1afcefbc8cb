//===- ModelTemplate.h - Writing the trained ONNX model ---------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The compiler embeds the user's ONNX file as a template: its serialized bytes
// with the payload of every trainable parameter cut out. Writing the trained
// model is then a concatenation, and the runtime needs no protobuf. Behind it
// stands another one: a safetensors file of the module's tensors.
//
// Layout of dpc_model_template, all integers little-endian:
//   char magic[8] = "DPCTMPL1"
//   repeated until the end:
//     u8 kind            0 = literal bytes, 1 = a parameter's payload,
//                        2 = the end of the first file (of length 0)
//     u64 length
//     kind 0: `length` bytes, copied as they are
//     kind 1: `length` bytes of name (of a "parameters" entry, whose bytes are
//             written here, row-major little-endian in its dtype)
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_DATA_MODELTEMPLATE_H
#define DPC_RUNTIME_DATA_MODELTEMPLATE_H

#include "runtime/Core/NotFinite.h"
#include "runtime/Core/OutputFile.h"
#include "runtime/Core/Program.h"

#include <map>

namespace dpc::rt {

/// Parameters that rank 0 does not hold whole, put together from the ranks'
/// parts.
using WholeParameters = std::map<const Parameter *, std::string>;

class ModelTemplate {
public:
  enum class Format { ONNX, Safetensors };

  /// Checks the whole template: its framing, that every payload is a parameter,
  /// and that an ONNX model stays below protobuf's limit of 2 GiB. The view
  /// must outlive the result. `where` is what errors name: the flag.
  static Expected<ModelTemplate> parse(std::string_view bytes,
                                       const Program &program,
                                       const std::string &where,
                                       Format format = Format::ONNX);

  /// Length of the model's file.
  uint64_t bytes() const { return total; }

  /// The first trained parameter that holds a value that is not finite, other
  /// than -inf. Where they stand as for write.
  std::optional<std::pair<const Parameter *, BadValue>>
  findNotFinite(const char *arena, const WholeParameters &wholes) const;

  /// Writes the model with the parameters as they stand in the arena, or for
  /// those that `wholes` has, as they stand there, and commits the file.
  Status write(OutputFile &file, const char *arena,
               const WholeParameters &wholes) const;

private:
  struct Piece {
    std::string_view literal;
    /// Null for a literal.
    const Parameter *parameter;
  };
  static std::string_view getBytes(const Piece &piece, const char *arena,
                                   const WholeParameters &wholes);

  std::vector<Piece> pieces;
  uint64_t total = 0;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_DATA_MODELTEMPLATE_H
