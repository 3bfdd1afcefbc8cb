//===- ExternalData.cpp - Files that hold weights -------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Import/ExternalData.h"

#include "onnx-ml.pb.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace llvm;

Error dpc::makeError(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), message);
}

/// Strictly digits: "+4", " 4", "0x4", "4.0" and "-4" are all refused.
static Expected<int64_t> parseDecimal(StringRef key, StringRef text) {
  uint64_t number = 0;
  if (text.empty() || !all_of(text, isDigit) || text.getAsInteger(10, number) ||
      number > static_cast<uint64_t>(INT64_MAX)) {
    std::string shown;
    raw_string_ostream(shown) << '\'';
    for (char c : text.take_front(40))
      shown += isPrint(c) ? c : '?';
    return dpc::makeError("external data has " + key + " " + shown +
                          "'; it must be a decimal number of bytes");
  }
  return static_cast<int64_t>(number);
}

/// Checks a location's text and returns it without "." and empty components.
static Expected<std::string> normalizeLocation(StringRef location) {
  bool printable = json::isUTF8(location) && none_of(location, [](char c) {
                     return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
                   });
  if (location.empty() || location.size() > 4096 || !printable)
    return dpc::makeError("external data has no usable location; it must name "
                          "a file in the model's folder");
  if (location.starts_with("/"))
    return dpc::makeError("external data location '" + location +
                          "' is absolute; only files below the model's folder "
                          "are read");
  SmallVector<StringRef> components, kept;
  location.split(components, '/');
  for (StringRef component : components) {
    if (component == "..")
      return dpc::makeError("external data location '" + location +
                            "' leaves the model's folder; only files below it "
                            "are read");
    if (!component.empty() && component != ".")
      kept.push_back(component);
  }
  if (kept.empty() || components.back().empty() || components.back() == ".")
    return dpc::makeError("external data location '" + location +
                          "' names a folder; it must name a file");
  return join(kept, "/");
}

Expected<dpc::ExternalRef>
dpc::parseExternalRef(const ::onnx::TensorProto &tensor) {
  ExternalRef ref;
  StringMap<StringRef> entries;
  for (const auto &entry : tensor.external_data()) {
    if (!entries.try_emplace(entry.key(), entry.value()).second)
      return makeError("external data states a key twice; write the model "
                       "anew");
  }
  auto location = normalizeLocation(entries.lookup("location"));
  if (!location)
    return location.takeError();
  ref.file = std::move(*location);
  if (auto it = entries.find("offset"); it != entries.end()) {
    auto offset = parseDecimal("offset", it->second);
    if (!offset)
      return offset.takeError();
    ref.offset = *offset;
  }
  if (auto it = entries.find("length"); it != entries.end()) {
    auto length = parseDecimal("length", it->second);
    if (!length)
      return length.takeError();
    // As onnx's own reader has it, 0 says nothing.
    if (*length != 0)
      ref.length = *length;
  }
  return ref;
}

/// O_NONBLOCK keeps a FIFO or a device from blocking before it is refused.
static constexpr int openFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

/// For kernels before 5.6 and sandboxes that refuse openat2.
static int openByComponents(int folder, StringRef file) {
  int current = folder;
  llvm::scope_exit close([&] {
    if (current != folder)
      ::close(current);
  });
  while (true) {
    auto [component, rest] = file.split('/');
    int flags = openFlags | O_NOFOLLOW | (rest.empty() ? 0 : O_DIRECTORY);
    int next = openat(current, component.str().c_str(), flags);
    if (rest.empty() || next < 0)
      return next;
    if (current != folder)
      ::close(current);
    current = next;
    file = rest;
  }
}

static int openBeneath(int folder, StringRef file) {
  open_how how = {};
  how.flags = openFlags;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  long descriptor =
      syscall(SYS_openat2, folder, file.str().c_str(), &how, sizeof(how));
  if (descriptor < 0 && (errno == ENOSYS || errno == EPERM))
    return openByComponents(folder, file);
  return static_cast<int>(descriptor);
}

namespace {
/// An open file, closed at the end of its life.
struct Descriptor {
  int number = -1;
  int64_t size = 0;
  explicit Descriptor(int number) : number(number) {}
  Descriptor(Descriptor &&other)
      : number(std::exchange(other.number, -1)), size(other.size) {}
  ~Descriptor() {
    if (number >= 0)
      ::close(number);
  }
};
} // namespace

/// Nullopt if the file does not exist.
static Expected<std::optional<Descriptor>> openExternal(StringRef folder,
                                                        StringRef file) {
  Descriptor base(open(folder.str().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (base.number < 0) {
    // Importing from a buffer may name a folder that does not exist.
    if (errno == ENOENT)
      return std::nullopt;
    return dpc::makeError("cannot open the model's folder '" + folder +
                          "': " + strerror(errno) + "; check its permissions");
  }
  Descriptor opened(openBeneath(base.number, file));
  if (opened.number < 0) {
    int code = errno;
    if (code == ENOENT)
      return std::nullopt;
    if (code == ELOOP || code == EXDEV || code == ENOTDIR)
      return dpc::makeError(
          "external data file '" + file +
          "' is reached through a symbolic link or a file; only regular files "
          "in real folders below the model's are read");
    return dpc::makeError("cannot open external data file '" + file +
                          "': " + strerror(code) + "; check its permissions");
  }
  struct stat status;
  if (fstat(opened.number, &status) != 0 || !S_ISREG(status.st_mode))
    return dpc::makeError("external data '" + file +
                          "' is no regular file; name a regular file");
  if (status.st_nlink > 1)
    return dpc::makeError("external data file '" + file +
                          "' has several hard links; copy it");
  opened.size = status.st_size;
  return std::optional<Descriptor>(std::move(opened));
}

dpc::DataFiles::DataFiles(StringRef modelPath)
    : modelPath(modelPath), folder(sys::path::parent_path(modelPath)),
      modelName(sys::path::filename(modelPath)) {
  if (folder.empty())
    folder = ".";
}

Expected<std::optional<int64_t>> dpc::DataFiles::getSize(StringRef file) {
  auto [it, isNew] = sizes.try_emplace(file, std::nullopt);
  if (!isNew)
    return it->second;
  auto opened = openExternal(folder, file);
  if (!opened) {
    sizes.erase(it);
    return opened.takeError();
  }
  if (*opened)
    it->second = (*opened)->size;
  return it->second;
}

Error dpc::DataFiles::read(StringRef file, int64_t offset,
                           MutableArrayRef<char> out) {
  std::optional<Descriptor> from;
  if (file == modelName) {
    from.emplace(open(modelPath.c_str(), openFlags));
    struct stat status;
    if (from->number < 0 || fstat(from->number, &status) != 0 ||
        !S_ISREG(status.st_mode))
      return makeError("cannot read the weights of '" + modelPath +
                       "'; the file changed while it was compiled");
    from->size = status.st_size;
  } else {
    auto opened = openExternal(folder, file);
    if (!opened)
      return opened.takeError();
    if (!*opened)
      return makeError("external data file '" + file +
                       "' does not exist; put it into the model's folder");
    from.emplace(std::move(**opened));
  }
  int64_t size = from->size, length = out.size();
  if (offset < 0 || offset > size || length > size - offset)
    return makeError("bytes " + Twine(offset) + " to " +
                     Twine(static_cast<uint64_t>(offset) + length) +
                     " lie outside of '" + file + "', which has " +
                     Twine(size) + "; the file is cut short");
  while (!out.empty()) {
    ssize_t count = pread(from->number, out.data(), out.size(), offset);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return makeError("cannot read '" + file +
                       "': " + (count < 0 ? strerror(errno) : "cut short") +
                       "; check the file");
    out = out.drop_front(count);
    offset += count;
  }
  return Error::success();
}
