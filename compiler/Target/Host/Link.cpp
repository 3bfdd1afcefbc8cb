//===- Link.cpp - Objects to executables ----------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Codegen/OutputFile.h"
#include "compiler/Codegen/RunProgram.h"
#include "compiler/Target/Host/HostTarget.h"

#include "HostConfig.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

using namespace mlir;
using namespace dpc;

static void anchor() {}

/// `archive` in the runtime's folder.
static std::string getRuntimePath(StringRef archive) {
  SmallString<256> path(kRuntimeFolder);
  if (!llvm::sys::path::is_absolute(path)) {
    path = llvm::sys::path::parent_path(llvm::sys::fs::getMainExecutable(
        nullptr, reinterpret_cast<void *>(&anchor)));
    llvm::sys::path::append(path, kRuntimeFolder);
  }
  llvm::sys::path::append(path, archive);
  llvm::sys::path::remove_dots(path, /*remove_dot_dot=*/true);
  return path.str().str();
}

LinkTools HostTarget::findLinkTools() const {
  LinkTools tools;
  for (const char *name : kCompilers)
    if (tools.compiler.empty())
      if (llvm::ErrorOr<std::string> found = llvm::sys::findProgramByName(name))
        tools.compiler = *found;
  tools.runtime = getRuntimePath(getRuntimeArchive());
  llvm::append_range(tools.arguments, getLibraries());
  llvm::append_range(tools.arguments, kLinkArguments);
  return tools;
}

/// LLVM's linker takes a third of the time of the system's one. Empty if it is not
/// there, or the compiler cannot be told of it.
static std::string findFastLinker(StringRef compiler) {
  if (llvm::sys::path::filename(compiler).contains("clang"))
    for (const char *name : {"ld.lld-22", "ld.lld"})
      if (llvm::ErrorOr<std::string> found = llvm::sys::findProgramByName(name))
        return *found;
  return {};
}

/// LLVM's linker maps a file of its own, PATH.tmp and some digits, which takes the
/// place of PATH at the end. It dies of a signal when the disk is full, and leaves it.
static void removeLeftovers(StringRef path) {
  std::error_code code;
  SmallVector<std::string> leftovers;
  for (llvm::sys::fs::directory_iterator
           entry(llvm::sys::path::parent_path(path), code),
       end;
       entry != end && !code; entry.increment(code))
    if (StringRef(entry->path()).starts_with((path + ".tmp").str()))
      leftovers.push_back(entry->path());
  for (const std::string &leftover : leftovers)
    llvm::sys::fs::remove(leftover);
}

/// The linker's complaint in one line.
static std::string getFirstError(StringRef log) {
  SmallVector<StringRef> lines;
  log.split(lines, '\n', -1, /*KeepEmpty=*/false);
  for (StringRef line : lines)
    if (line.contains("undefined") || line.contains("error") ||
        line.contains("cannot") || line.contains("failed"))
      return line.trim().str();
  return lines.empty() ? "" : lines.front().trim().str();
}

LogicalResult HostTarget::link(ArrayRef<char> object,
                               OutputFile &output) const {
  Location loc = output.getLoc();
  LinkTools tools = findLinkTools();
  if (tools.compiler.empty())
    return emitError(loc, "no C++ compiler on PATH links the executable; "
                          "install g++ or clang");
  if (!llvm::sys::fs::exists(tools.runtime))
    return emitError(loc, "the runtime library '")
           << tools.runtime << "' is missing; build or install dpc again";

  // Never committed, so that it is removed in any case.
  OutputFile objectFile(loc.getContext(), output.getPath());
  if (failed(objectFile.create()) || failed(objectFile.write(object)) ||
      failed(output.create()))
    return failure();
  SmallVector<StringRef> arguments = {
      tools.compiler, "-o", output.getTemporaryPath(),
      objectFile.getTemporaryPath(), tools.runtime};
  // Where executables find libraries that they open when they need them.
  llvm::append_range(
      arguments,
      ArrayRef<StringRef>{"-Xlinker", "-rpath", "-Xlinker",
                          llvm::sys::path::parent_path(tools.runtime)});
  llvm::append_range(arguments, tools.arguments);
  std::string log, fast = findFastLinker(tools.compiler);
  int status = -1;
  if (!fast.empty()) {
    std::string option = "--ld-path=" + fast;
    arguments.push_back(option);
    status = runProgram(arguments, log);
    arguments.pop_back();
  }
  if (status) {
    removeLeftovers(output.getTemporaryPath());
    log.clear();
    status = runProgram(arguments, log);
  }
  if (status)
    return emitError(loc, "cannot link the executable: ")
           << getFirstError(log) << "; is '" << tools.compiler
           << "' a working C++ compiler for the runtime's libraries?";
  // The linker has marked what it wrote as executable.
  return success();
}
