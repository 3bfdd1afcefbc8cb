//===- DoctorTrial.cpp - a small model from end to end --------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Codegen/RunProgram.h"
#include "compiler/Driver/Doctor.h"
#include "compiler/Import/TrialModel.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace dpc {

static void anchor() {}

static bool writeFile(StringRef path, StringRef bytes) {
  std::error_code error;
  raw_fd_ostream file(path, error);
  if (error)
    return false;
  file << bytes;
  file.close();
  return !file.has_error();
}

/// An IDX file of zeros, f32[4, columns].
static std::string makeData(char columns) {
  std::string bytes = {0, 0, 0x0d, 2, 0, 0, 0, 4, 0, 0, 0, columns};
  bytes.append(static_cast<size_t>(4 * 4 * columns), '\0');
  return bytes;
}

/// What a command had to say: its error, or its last line.
static std::string getComplaint(StringRef output) {
  StringRef error = output.split("dpc: error: ").second;
  if (!error.empty())
    return error.split('\n').first.str();
  return output.trim().rsplit('\n').second.str();
}

static std::vector<NeededLibrary> readNeeded(StringRef executable) {
  std::vector<NeededLibrary> libraries;
  auto binary = object::createBinary(executable);
  if (!binary) {
    consumeError(binary.takeError());
    return libraries;
  }
  auto *elf = dyn_cast<object::ELF64LEObjectFile>(binary->getBinary());
  if (!elf)
    return libraries;
  auto entries = elf->getELFFile().dynamicEntries();
  if (!entries) {
    consumeError(entries.takeError());
    return libraries;
  }
  uint64_t strings = 0;
  for (const auto &entry : *entries)
    if (entry.getTag() == ELF::DT_STRTAB)
      strings = entry.getPtr();
  auto names = elf->getELFFile().toMappedAddr(strings);
  if (!names) {
    consumeError(names.takeError());
    return libraries;
  }
  for (const auto &entry : *entries)
    if (entry.getTag() == ELF::DT_NEEDED) {
      StringRef name(reinterpret_cast<const char *>(*names) + entry.getVal());
      libraries.push_back({name.str(), getPackage(name.str())});
    }
  return libraries;
}

Finding tryModel(std::vector<NeededLibrary> &libraries) {
  Finding finding{"trial"};
  auto fail = [&](const std::string &what) {
    finding.state = Finding::State::Missing;
    finding.found = what;
    return finding;
  };
  SmallString<128> folder, made; // of $TMPDIR, if it is set
  sys::path::system_temp_directory(/*erasedOnReboot=*/true, folder);
  sys::path::append(folder, "dpc-doctor");
  if (std::error_code code = sys::fs::createUniqueDirectory(folder, made))
    return fail("no temporary folder: " + code.message());
  llvm::scope_exit cleanUp([&] { sys::fs::remove_directories(made); });
  auto place = [&](StringRef name) { return (made + "/" + name).str(); };
  std::string model = place("trial.onnx"), executable = place("trial"),
              x = place("x"), label = place("label");
  if (!writeFile(model, makeTrialModel()) || !writeFile(x, makeData(4)) ||
      !writeFile(label, makeData(2)))
    return fail("'" + made.str().str() + "' cannot be written");

  std::string self =
      sys::fs::getMainExecutable(nullptr, reinterpret_cast<void *>(&anchor));
  std::string output, xFile = "x=" + x, labelFile = "label=" + label;
  if (runProgram({self, "compile", model, "-o", executable, "--batch", "2",
                  "--loss", "mse", "--strategy", "data", "--ranks", "2"},
                 output))
    return fail("a small model does not compile: " + getComplaint(output));
  libraries = readNeeded(executable);
  output.clear();
  if (runProgram({self, "run", executable, "--data", xFile, "--data", labelFile,
                  "--steps", "2", "--timeout", "30"},
                 output))
    return fail("a small model does not run on two ranks: " +
                getComplaint(output));
  finding.found = "a small model compiles, and trains on two ranks";
  return finding;
}

} // namespace dpc
