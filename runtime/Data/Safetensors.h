//===- Safetensors.h - Initial parameters -----------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// The format: u64 length of a JSON header, the header, the data. The reader is
// strict: known types, no duplicate names, data that fills the file without
// holes or overlaps, lengths that fit type and shape.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_DATA_SAFETENSORS_H
#define DPC_RUNTIME_DATA_SAFETENSORS_H

#include "runtime/Core/Program.h"
#include "runtime/Device/Device.h"

#include <map>

namespace dpc::rt {

struct SafetensorsEntry {
  /// Types that dpc has no name for are kept by name only, in `typeText`.
  std::optional<DpcType> dtype;
  std::string typeText;
  Shape shape;
  /// Absolute position in the file.
  uint64_t offset = 0;
  uint64_t bytes = 0;
};

using SafetensorsIndex = std::map<std::string, SafetensorsEntry>;

/// Parses and checks the header of a whole file's bytes.
Expected<SafetensorsIndex> parseSafetensors(std::string_view bytes,
                                            const std::string &where);

/// The value of a key of the metadata of a file that parseSafetensors accepts;
/// empty if it has none.
std::string readMetadata(std::string_view bytes, const std::string &key);

/// Copies every parameter in `rank`'s arena, or the part of it that it holds,
/// from the file to its place in the arena of the device. Tensors of the file
/// that the program has no parameter for are allowed. Returns the file's hash.
Expected<uint64_t> loadParameters(const Program &program, int64_t rank,
                                  const std::string &path, Device &device,
                                  char *arena);

} // namespace dpc::rt

#endif // DPC_RUNTIME_DATA_SAFETENSORS_H
