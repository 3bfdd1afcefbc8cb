//===- OutputFile.cpp - Files that are whole or not there -----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Codegen/OutputFile.h"

#include "dialects/Support/FileNames.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Signals.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

using namespace mlir;
using namespace dpc;

static Location nameFile(MLIRContext *context, StringRef path) {
  return NameLoc::get(StringAttr::get(context, path));
}

static LogicalResult fail(Location loc, StringRef what, int code) {
  return emitError(loc) << "cannot be " << what << ": " << std::strerror(code)
                        << "; check the folder and its free space";
}

/// A reader that goes away has what it wanted.
static LogicalResult writeAll(Location loc, int descriptor,
                              ArrayRef<char> bytes) {
  while (!bytes.empty()) {
    ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EPIPE)
      return success();
    if (count < 0 && errno != EINTR)
      return fail(loc, "written", errno);
    bytes = bytes.drop_front(std::max<ssize_t>(count, 0));
  }
  return success();
}

OutputFile::OutputFile(MLIRContext *context, StringRef path)
    : loc(nameFile(context, path)), path(path) {}

OutputFile::~OutputFile() {
  if (descriptor >= 0)
    ::close(descriptor);
  if (temporary.empty())
    return;
  ::unlink(temporary.c_str());
  llvm::sys::DontRemoveFileOnSignal(temporary);
}

LogicalResult OutputFile::create() {
  llvm::sys::fs::file_status status;
  if (!llvm::sys::fs::status(path, status)) {
    if (!llvm::sys::fs::is_regular_file(status))
      return emitError(loc, "is no regular file; name another one");
    SmallString<256> real;
    if (!llvm::sys::fs::real_path(path, real))
      path = real;
  }
  // The name is cut so that it stays within the file system's limit, and begins
  // with a folder, so that no linker takes it for an option.
  StringRef folder = llvm::sys::path::parent_path(path);
  SmallString<256> model(folder.empty() ? "." : folder);
  llvm::sys::path::append(
      model, llvm::sys::path::filename(path).take_front(200) + ".tmp-%%%%%%%%");
  // Known to the handler of signals before it is there.
  int code = EEXIST;
  for (int tries = 0; descriptor < 0 && code == EEXIST && tries < 100;
       ++tries) {
    llvm::sys::fs::createUniquePath(model, temporary, /*MakeAbsolute=*/false);
    llvm::sys::RemoveFileOnSignal(temporary);
    descriptor =
        ::open(temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    code = errno;
    if (descriptor < 0)
      llvm::sys::DontRemoveFileOnSignal(temporary);
  }
  if (descriptor >= 0)
    return success();
  temporary.clear();
  return fail(loc, "created", code);
}

LogicalResult OutputFile::write(ArrayRef<char> bytes) {
  return writeAll(loc, descriptor, bytes);
}

LogicalResult OutputFile::close() {
  if (descriptor < 0)
    return success();
  int code = ::close(std::exchange(descriptor, -1)) ? errno : 0;
  return code ? fail(loc, "written", code) : success();
}

LogicalResult OutputFile::commit() {
  if (failed(close()))
    return failure();
  if (::rename(temporary.c_str(), path.c_str()))
    return fail(loc, "replaced", errno);
  llvm::sys::DontRemoveFileOnSignal(temporary);
  temporary.clear();
  return success();
}

LogicalResult dpc::writeOutput(MLIRContext *context, StringRef path,
                               StringRef text) {
  if (path.empty() || path == "-")
    return writeAll(nameFile(context, "standard output"), STDOUT_FILENO, text);
  llvm::sys::fs::file_status status;
  bool exists = !llvm::sys::fs::status(path, status);
  if (exists && (!llvm::sys::fs::is_regular_file(status) ||
                 namesDescriptor(path.str()))) {
    Location loc = nameFile(context, path);
    // Opening a pipe must not wait for a reader. Where the file is regular, the
    // text goes behind what others have written.
    int descriptor =
        ::open(path.str().c_str(),
               O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (descriptor < 0)
      return emitError(loc, "cannot be opened: ")
             << (errno == ENXIO ? "nobody reads the pipe"
                                : std::strerror(errno))
             << "; name another file";
    llvm::scope_exit close([&] { ::close(descriptor); });
    ::fcntl(descriptor, F_SETFL, O_APPEND);
    return writeAll(loc, descriptor, text);
  }
  OutputFile file(context, path);
  if (failed(file.create()) || failed(file.write(text)))
    return failure();
  return file.commit();
}
