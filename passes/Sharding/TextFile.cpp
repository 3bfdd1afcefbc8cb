//===- TextFile.cpp - A small file that the user names --------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Sharding/TextFile.h"

#include "mlir/IR/Location.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"

using namespace mlir;

namespace dpc {

static constexpr uint64_t kMaxFileBytes = 4 << 20;

InFlightDiagnostic TextFile::fail(unsigned line) const {
  std::string where = path.str();
  if (line)
    where += ":" + std::to_string(line);
  return emitError(NameLoc::get(StringAttr::get(context, where)));
}

LogicalResult TextFile::forEachLine(
    function_ref<LogicalResult(unsigned, StringRef)> callback) {
  // Special files may have no end.
  llvm::sys::fs::file_status status;
  std::error_code error = llvm::sys::fs::status(path, status);
  if (!error && !llvm::sys::fs::is_regular_file(status))
    return fail(0) << "is no regular file; " << hint;
  if (!error && status.getSize() > kMaxFileBytes)
    return fail(0) << "is larger than 4 MiB; " << hint;
  if (!error) {
    auto read = llvm::MemoryBuffer::getFile(path);
    error = read.getError();
    if (read)
      buffer = std::move(*read);
  }
  if (error)
    return fail(0) << "cannot be read: " << error.message() << "; " << hint;
  StringRef rest = buffer->getBuffer();
  for (unsigned line = 1; !rest.empty(); ++line) {
    auto [text, next] = rest.split('\n');
    rest = next;
    text = text.trim();
    if (text.empty() || text.starts_with("#"))
      continue;
    bool hasControl = llvm::any_of(text, [](char c) {
      return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
    });
    if (hasControl || !llvm::json::isUTF8(text))
      return fail(line) << "is not text; " << hint;
    if (failed(callback(line, text)))
      return failure();
  }
  return success();
}

} // namespace dpc
