//===- OutputFile.cpp - Files that are whole or not there -----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Codegen/OutputFile.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/FileSystem.h"

#include <cerrno>
#include <cstring>
#include <unistd.h>

using namespace mlir;
using namespace dpc;

OutputFile::~OutputFile() {
  if (descriptor >= 0)
    ::close(descriptor);
  if (!temporary.empty())
    ::unlink(temporary.c_str());
}

LogicalResult OutputFile::fail(StringRef what, int code) {
  return emitError(loc) << "cannot " << what << " '" << path
                        << "': " << std::strerror(code)
                        << "; check the folder and its free space";
}

LogicalResult OutputFile::create() {
  if (std::error_code code = llvm::sys::fs::createUniqueFile(
          path + ".tmp-%%%%%%%%", descriptor, temporary, llvm::sys::fs::OF_None,
          0666)) {
    temporary.clear();
    return fail("create", code.value());
  }
  return success();
}

LogicalResult OutputFile::write(ArrayRef<char> bytes) {
  while (!bytes.empty()) {
    ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return fail("write", errno);
    bytes = bytes.drop_front(count);
  }
  return success();
}

LogicalResult OutputFile::close() {
  int code = ::close(descriptor) ? errno : 0;
  descriptor = -1;
  return code ? fail("write", code) : success();
}

LogicalResult OutputFile::commit() {
  if (failed(close()))
    return failure();
  if (::rename(temporary.c_str(), path.c_str()))
    return fail("write", errno);
  temporary.clear();
  return success();
}
