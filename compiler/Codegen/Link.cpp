//===- Link.cpp - Objects to executables ----------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Codegen/Codegen.h"
#include "compiler/Codegen/OutputFile.h"

#include "LinkConfig.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

using namespace mlir;
using namespace dpc;

static void anchor() {}

static SmallString<256> getRuntimeLibrary() {
  SmallString<256> path(kRuntimeLibrary);
  if (llvm::sys::path::is_absolute(path))
    return path;
  path = llvm::sys::path::parent_path(llvm::sys::fs::getMainExecutable(
      nullptr, reinterpret_cast<void *>(&anchor)));
  llvm::sys::path::append(path, kRuntimeLibrary);
  llvm::sys::path::remove_dots(path, /*remove_dot_dot=*/true);
  return path;
}

/// The linker's complaint in one line.
static std::string getFirstError(StringRef logPath) {
  auto log = llvm::MemoryBuffer::getFile(logPath);
  if (!log)
    return "";
  SmallVector<StringRef> lines;
  (*log)->getBuffer().split(lines, '\n', -1, /*KeepEmpty=*/false);
  for (StringRef line : lines)
    if (line.contains("undefined") || line.contains("error") ||
        line.contains("cannot") || line.contains("failed"))
      return line.trim().str();
  return lines.empty() ? "" : lines.front().trim().str();
}

LogicalResult dpc::linkExecutable(ArrayRef<char> object, OutputFile &output) {
  Location loc = output.getLoc();
  std::string compiler;
  for (const char *name : kCompilers)
    if (compiler.empty())
      if (llvm::ErrorOr<std::string> found = llvm::sys::findProgramByName(name))
        compiler = *found;
  if (compiler.empty())
    return emitError(loc, "no C++ compiler on PATH links the executable; "
                          "install g++ or clang");
  SmallString<256> runtime = getRuntimeLibrary();
  if (!llvm::sys::fs::exists(runtime))
    return emitError(loc, "the runtime library '")
           << runtime << "' is missing; build or install dpc again";

  // Never committed, so that it is removed in any case.
  OutputFile objectFile(loc.getContext(), output.getPath());
  if (failed(objectFile.create()) || failed(objectFile.write(object)) ||
      failed(output.create()))
    return failure();
  SmallVector<StringRef> arguments = {compiler, "-o", output.getTemporaryPath(),
                                      objectFile.getTemporaryPath(), runtime};
  llvm::append_range(arguments, kLinkArguments);
  SmallString<128> logPath;
  if (std::error_code code =
          llvm::sys::fs::createTemporaryFile("dpc-link", "log", logPath))
    return emitError(loc, "cannot create a temporary file: ")
           << code.message() << "; set TMPDIR to a folder that can be written";
  std::optional<StringRef> redirects[] = {StringRef(), StringRef(logPath),
                                          StringRef(logPath)};
  std::string message;
  int status = llvm::sys::ExecuteAndWait(compiler, arguments, std::nullopt,
                                         redirects, 0, 0, &message);
  if (status && message.empty())
    message = getFirstError(logPath);
  llvm::sys::fs::remove(logPath);
  if (status)
    return emitError(loc, "cannot link the executable: ")
           << message << "; is '" << compiler
           << "' a working C++ compiler for the runtime's libraries?";
  // The linker has marked what it wrote as executable.
  return success();
}
