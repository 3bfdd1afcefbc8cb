//===- DoctorChecks.cpp - what this machine has ---------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Driver/Doctor.h"

#include "compiler/Codegen/RunProgram.h"
#include "compiler/Driver/Version.h"
#include "compiler/Target/Target.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/Threading.h"
#include "llvm/TargetParser/Host.h"

#include <dlfcn.h>
#include <optional>
#include <sys/statvfs.h>
#include <unistd.h>

using namespace llvm;

namespace dpc {

using State = Finding::State;

static constexpr const char *kInsteadOfMPI =
    "without it ranks reach each other over TCP";

/// Names of Debian 12's packages.
namespace {
struct Library {
  const char *title;
  const char *stem;        ///< what the names of its files begin with
  const char *soname;      ///< what executables look for
  const char *package;     ///< that holds that
  const char *development; ///< package of what is linked with
  /// Asks the loaded library.
  std::string (*getVersion)(void *library);
  /// Of a library that this dpc may have been built without, what it is for.
  const char *purpose = nullptr;
  bool isUsed = true;
  /// What there is instead, where it is not needed.
  const char *instead = nullptr;
};
} // namespace

template <typename Function>
static Function find(void *library, const char *name) {
  return reinterpret_cast<Function>(dlsym(library, name));
}

static std::string getMPIVersion(void *library) {
  char text[8192] = {}; // MPI_MAX_LIBRARY_VERSION_STRING is at most that
  int length = 0;
  auto ask = find<int (*)(char *, int *)>(library, "MPI_Get_library_version");
  if (!ask || ask(text, &length))
    return "";
  return StringRef(text).split(',').first.str();
}

static std::string getDNNLVersion(void *library) {
  // The first three members of dnnl_version_t.
  auto ask = find<const int *(*)()>(library, "dnnl_version");
  if (!ask)
    return "";
  const int *numbers = ask();
  return formatv("{0}.{1}.{2}", numbers[0], numbers[1], numbers[2]).str();
}

static std::string getZlibVersion(void *library) {
  auto ask = find<const char *(*)()>(library, "zlibVersion");
  return ask ? ask() : "";
}

static std::string getZstdVersion(void *library) {
  auto ask = find<const char *(*)()>(library, "ZSTD_versionString");
  return ask ? ask() : "";
}

static std::string getPngVersion(void *library) {
  auto ask = find<const char *(*)(void *)>(library, "png_get_libpng_ver");
  return ask ? ask(nullptr) : "";
}

/// It does not say which it is.
static std::string getJpegVersion(void *) { return "libjpeg.so.62"; }

#ifdef DPC_HAVE_ZSTD
static constexpr bool kHaveZstd = true;
#else
static constexpr bool kHaveZstd = false;
#endif
#ifdef DPC_HAVE_JPEG
static constexpr bool kHaveJpeg = true;
#else
static constexpr bool kHaveJpeg = false;
#endif
#ifdef DPC_HAVE_PNG
static constexpr bool kHavePng = true;
#else
static constexpr bool kHavePng = false;
#endif

static constexpr Library kLibraries[] = {
    {"MPI", "libmpi.", "libmpi.so.40", "libopenmpi3", "libopenmpi-dev",
     getMPIVersion, nullptr, true, kInsteadOfMPI},
    {"oneDNN", "libdnnl.", "libdnnl.so.2", "libdnnl2", "libdnnl-dev",
     getDNNLVersion},
    {"zlib", "libz.", "libz.so.1", "zlib1g", "zlib1g-dev", getZlibVersion},
    {"zstd", "libzstd.", "libzstd.so.1", "libzstd1", "libzstd-dev",
     getZstdVersion, ".zst data", kHaveZstd},
    {"JPEG", "libjpeg.", "libjpeg.so.62", "libjpeg62-turbo",
     "libjpeg62-turbo-dev", getJpegVersion, ".jpg images", kHaveJpeg},
    {"PNG", "libpng.", "libpng16.so.16", "libpng16-16", "libpng-dev",
     getPngVersion, ".png images", kHavePng},
};

std::string getPackage(const std::string &name) {
  for (const Library &library : kLibraries)
    if (name == library.soname)
      return library.package;
  return llvm::StringSwitch<std::string>(StringRef(name).split(".so").first)
      .Case("libstdc++", "libstdc++6")
      .Case("libgcc_s", "libgcc-s1")
      .Cases({"libc", "libm", "libmvec", "ld-linux-x86-64"}, "libc6")
      .Default("");
}

/// The first line that a program prints; none if it fails.
static std::optional<std::string> ask(ArrayRef<StringRef> command) {
  std::string output;
  if (runProgram(command, output))
    return std::nullopt;
  return StringRef(output).trim().split('\n').first.str();
}

static Finding checkCompiler(const std::string &compiler) {
  Finding finding{"C++ compiler"};
  finding.found = compiler;
  if (compiler.empty()) {
    finding.state = State::Missing;
    finding.found = "neither clang++ nor g++ is on PATH";
    finding.packages = {"g++"};
  } else if (auto version = ask({compiler, "--version"})) {
    finding.found += ", " + *version;
  } else {
    finding.state = State::Missing;
    finding.found += " does not run";
    finding.packages = {"g++"};
  }
  return finding;
}

/// The one that the compiler calls.
static Finding checkLinker(const std::string &compiler) {
  Finding finding{"linker"};
  std::string path = ask({compiler, "-print-prog-name=ld"}).value_or("ld");
  if (!sys::path::is_absolute(path))
    if (ErrorOr<std::string> found = sys::findProgramByName(path))
      path = *found;
  auto version =
      sys::path::is_absolute(path) ? ask({path, "--version"}) : std::nullopt;
  if (version) {
    finding.found = path + ", " + *version;
  } else {
    finding.state = State::Missing;
    finding.found = "the compiler's '" + path + "' does not run";
    finding.packages = {"binutils"};
  }
  return finding;
}

static Finding checkLinkLibrary(StringRef path) {
  Finding finding{sys::path::filename(path).str()};
  finding.found = path.str();
  if (sys::fs::exists(path))
    return finding;
  finding.state = State::Missing;
  finding.found += " is not there";
  for (const Library &library : kLibraries)
    if (sys::path::filename(path).starts_with(library.stem))
      finding.packages = {library.development};
  return finding;
}

/// Executables open it, beside the runtime, for Parquet files.
static Finding checkParquet(StringRef runtime) {
  Finding finding{"Parquet"};
  SmallString<256> path(sys::path::parent_path(runtime));
  sys::path::append(path, "libdpc_parquet.so");
  if (!sys::fs::exists(path)) {
    finding.found = "not built in";
    finding.advice = "for .parquet data install pyarrow and build dpc again";
  } else if (dlopen(path.c_str(), RTLD_LAZY | RTLD_LOCAL)) {
    finding.found = path.str();
  } else {
    const char *reason = dlerror();
    finding.state = State::Note;
    finding.found = reason ? reason : path.c_str();
    finding.advice =
        "for .parquet data name pyarrow's folder in LD_LIBRARY_PATH";
  }
  return finding;
}

std::vector<Finding> findBuildTools() {
  std::vector<Finding> findings;
  // Targets have most of them in common.
  auto add = [&](Finding finding) {
    if (none_of(findings, [&](const Finding &other) {
          return other.name == finding.name && other.found == finding.found;
        }))
      findings.push_back(std::move(finding));
  };
  for (const Target *target : getTargets()) {
    LinkTools tools = target->findLinkTools();
    add(checkCompiler(tools.compiler));
    if (!tools.compiler.empty())
      add(checkLinker(tools.compiler));
    Finding runtime{"runtime"};
    runtime.found = tools.runtime;
    if (!sys::fs::exists(tools.runtime)) {
      runtime.state = State::Missing;
      runtime.found += " is not there";
      runtime.advice = "build or install dpc again";
    }
    add(std::move(runtime));
    add(checkParquet(tools.runtime));
    for (StringRef argument : tools.arguments)
      if (sys::path::is_absolute(argument))
        add(checkLinkLibrary(argument));
  }
  return findings;
}

static Finding checkLibrary(const Library &library) {
  Finding finding{library.title};
  if (!library.isUsed) {
    finding.found = "not built in";
    finding.advice = std::string("for ") + library.purpose + " install " +
                     library.development + " and build dpc again";
    return finding;
  }
  if (void *loaded = dlopen(library.soname, RTLD_LAZY | RTLD_LOCAL)) {
    finding.found = library.getVersion(loaded);
    return finding;
  }
  finding.state = library.instead ? State::Note : State::Missing;
  const char *reason = dlerror();
  finding.found = reason ? reason : library.soname;
  if (library.instead)
    finding.advice = library.instead;
  finding.packages = {library.package};
  return finding;
}

/// Optional.
static Finding checkCUDA() {
  Finding finding{"CUDA"};
  void *driver = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL);
  auto getVersion =
      driver ? find<int (*)(int *)>(driver, "cuDriverGetVersion") : nullptr;
  int version = 0;
  if (getVersion && !getVersion(&version))
    finding.found =
        formatv("driver for {0}.{1}", version / 1000, version % 1000 / 10)
            .str();
  else
    finding.found = "not there";
  finding.advice = "for programs of --target cuda";
  return finding;
}

std::vector<Finding> findRunTools() {
  std::vector<Finding> findings;
  Finding mpirun{"mpirun"};
  ErrorOr<std::string> path = sys::findProgramByName("mpirun");
  auto version = path ? ask({*path, "--version"}) : std::nullopt;
  if (version) {
    mpirun.found = *path + ", " + *version;
  } else {
    mpirun.state = State::Note;
    mpirun.advice = kInsteadOfMPI;
    mpirun.found = path ? *path + " does not run" : "not on PATH";
    mpirun.packages = {"openmpi-bin"};
  }
  findings.push_back(mpirun);
  for (const Library &library : kLibraries)
    findings.push_back(checkLibrary(library));
  findings.push_back(checkCUDA());
  return findings;
}

static std::string formatBytes(uint64_t bytes) {
  return formatv("{0:f1} GiB", static_cast<double>(bytes) / 0x1p30).str();
}

static std::string readFile(StringRef path) {
  auto buffer = MemoryBuffer::getFileAsStream(path);
  return buffer ? (*buffer)->getBuffer().trim().str() : "";
}

static Finding checkProcessor() {
  Finding finding{"processor"};
  StringMap<bool> features = sys::getHostCPUFeatures();
  finding.found = sys::getHostCPUName().str();
  for (const char *vectors : {"avx512f", "avx2", "avx", "sve", "neon"})
    if (features.lookup(vectors)) {
      finding.found += std::string(", ") + vectors;
      return finding;
    }
  finding.state = State::Note;
  finding.advice = "it has no wide vectors, kernels are slow";
  return finding;
}

static Finding checkCores() {
  Finding finding{"cores"};
  finding.found = std::to_string(hardware_concurrency().compute_thread_count());
  return finding;
}

/// Megabytes are enough for small models only.
static Finding checkMemory() {
  Finding finding{"memory"};
  uint64_t total = 0, available = 0, kilobytes;
  std::string text = readFile("/proc/meminfo");
  for (StringRef line : split(text, '\n')) {
    auto [key, value] = line.split(':');
    if (value.trim().split(' ').first.getAsInteger(10, kilobytes))
      continue;
    if (key == "MemTotal")
      total = kilobytes << 10;
    if (key == "MemAvailable")
      available = kilobytes << 10;
  }
  // Of a container, if it has one of its own.
  uint64_t limit;
  if (!StringRef(readFile("/sys/fs/cgroup/memory.max"))
           .getAsInteger(10, limit)) {
    total = std::min(total, limit);
    available = std::min(available, limit);
  }
  finding.found =
      formatBytes(available) + " of " + formatBytes(total) + " can be had";
  if (available < uint64_t(1) << 30) {
    finding.state = State::Note;
    finding.advice = "that is little";
  }
  return finding;
}

/// The runtime asks for them for its arena (MADV_HUGEPAGE).
static Finding checkHugePages() {
  Finding finding{"huge pages"};
  const char *file = "/sys/kernel/mm/transparent_hugepage/enabled";
  std::string text = readFile(file);
  StringRef mode = StringRef(text).split('[').second.split(']').first;
  finding.found = mode.empty() ? "the kernel has none" : mode.str();
  if (mode == "always" || mode == "madvise")
    return finding;
  finding.state = State::Note;
  finding.advice = "memory is read more slowly";
  if (!mode.empty())
    finding.advice += std::string("; echo madvise > ") + file;
  return finding;
}

/// `least` is in bytes.
static Finding checkFolder(StringRef name, StringRef path, uint64_t least,
                           State ifBad, StringRef advice) {
  Finding finding{name.str()};
  finding.found = path.str();
  struct statvfs space;
  if (access(path.str().c_str(), W_OK | X_OK) ||
      statvfs(path.str().c_str(), &space)) {
    finding.state = ifBad;
    finding.found += " cannot be written";
    finding.advice = advice;
    return finding;
  }
  uint64_t free = static_cast<uint64_t>(space.f_bavail) * space.f_frsize;
  finding.found += ", " + formatBytes(free) + " free";
  if (free < least) {
    finding.state = State::Note;
    finding.advice = advice;
  }
  return finding;
}

std::vector<Finding> findMachine() {
  SmallString<128> temporary; // $TMPDIR, if it is set
  sys::path::system_temp_directory(/*erasedOnReboot=*/true, temporary);
  return {checkProcessor(),
          checkCores(),
          checkMemory(),
          checkHugePages(),
          checkFolder("TMPDIR", temporary, 64 << 20, State::Missing,
                      "set TMPDIR to a folder that can be written"),
          checkFolder("shared memory", "/dev/shm", 64 << 20, State::Note,
                      "ranks exchange data through it; give a container "
                      "--shm-size=1g")};
}

} // namespace dpc
