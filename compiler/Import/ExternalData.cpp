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

#include <algorithm>
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
  Descriptor &operator=(Descriptor &&other) {
    std::swap(number, other.number);
    std::swap(size, other.size);
    return *this;
  }
  /// Keeps errno, which may say why the next one could not be opened.
  ~Descriptor() {
    int code = errno;
    if (number >= 0)
      ::close(number);
    errno = code;
  }
};
} // namespace

/// What the kernel calls an open file, without any link; "" if it cannot tell.
static std::string getRealPath(int descriptor) {
  std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  std::string path(4096, '\0');
  ssize_t length = readlink(link.c_str(), path.data(), path.size());
  path.resize(std::clamp<ssize_t>(length, 0, path.size() - 1));
  return path.starts_with("/") ? path : "";
}

/// Whether a file may be read that a link in the model's folder leads to. Both
/// are real paths. Beside files below the folder these are the blobs of a
/// Hugging Face cache, CACHE/snapshots/REVISION/model.onnx and
/// CACHE/blobs/HASH.
static bool mayLinkTo(StringRef folder, StringRef file) {
  if (folder.empty() || file.empty())
    return false;
  if (file.starts_with(folder == "/" ? folder.str() : (folder + "/").str()))
    return true;
  StringRef blobs = sys::path::parent_path(file);
  size_t snapshots = (folder + "/").str().rfind("/snapshots/");
  return sys::path::filename(blobs) == "blobs" &&
         snapshots != StringRef::npos &&
         sys::path::parent_path(blobs) == folder.take_front(snapshots);
}

/// Opens what a link leads to, if it may be read. The file is looked at before
/// it is opened for reading, which is an act for some devices.
static Expected<Descriptor> openThroughLinks(int folder, StringRef file,
                                             bool anyLink) {
  Descriptor found(openat(folder, file.str().c_str(), O_PATH | O_CLOEXEC));
  struct stat status;
  if (found.number < 0)
    return std::move(found);
  if (!anyLink && !mayLinkTo(getRealPath(folder), getRealPath(found.number)))
    return dpc::makeError(
        "external data file '" + file +
        "' is reached through a symbolic link that leads out of the model's "
        "folder; if you trust the model, read it with --follow-links");
  if (fstat(found.number, &status) != 0 || !S_ISREG(status.st_mode))
    return dpc::makeError("external data '" + file +
                          "' is no regular file; name a regular file");
  std::string path = "/proc/self/fd/" + std::to_string(found.number);
  return Descriptor(open(path.c_str(), openFlags));
}

/// Nullopt if the file does not exist.
static Expected<std::optional<Descriptor>>
openExternal(StringRef folder, StringRef file, bool anyLink) {
  Descriptor base(open(folder.str().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (base.number < 0) {
    // Importing from a buffer may name a folder that does not exist.
    if (errno == ENOENT)
      return std::nullopt;
    return dpc::makeError("cannot open the model's folder '" + folder +
                          "': " + strerror(errno) + "; check its permissions");
  }
  Descriptor opened(openBeneath(base.number, file));
  if (opened.number < 0 &&
      (errno == ELOOP || errno == EXDEV || errno == ENOTDIR)) {
    auto linked = openThroughLinks(base.number, file, anyLink);
    if (!linked)
      return linked.takeError();
    opened = std::move(*linked);
  }
  if (opened.number < 0) {
    if (errno == ENOENT)
      return std::nullopt;
    return dpc::makeError("cannot open external data file '" + file +
                          "': " + strerror(errno) + "; check the path");
  }
  struct stat status;
  if (fstat(opened.number, &status) != 0 || !S_ISREG(status.st_mode))
    return dpc::makeError("external data '" + file +
                          "' is no regular file; name a regular file");
  // Package managers and backups link files. What only its owner may read may
  // be a secret of theirs that somebody else linked into the folder.
  if (status.st_nlink > 1 && !(status.st_mode & S_IROTH) && !anyLink)
    return dpc::makeError(
        "external data file '" + file +
        "' has several hard links, and others than its owner may not read it; "
        "if you trust the model, read it with --follow-links");
  opened.size = status.st_size;
  return std::optional<Descriptor>(std::move(opened));
}

/// The folders in which a model's data may lie: that of the path as the user
/// gave it, and those of the files that it is a link to.
static SmallVector<std::string> getFolders(StringRef modelPath) {
  constexpr int maxLinks = 40;
  SmallVector<std::string> folders;
  std::string path = modelPath.str();
  for (int i = 0; i < maxLinks; ++i) {
    StringRef parent = sys::path::parent_path(path);
    std::string folder = parent.empty() ? "." : parent.str();
    if (!is_contained(folders, folder))
      folders.push_back(folder);
    std::string target(4096, '\0');
    ssize_t length = readlink(path.c_str(), target.data(), target.size());
    if (length <= 0 || length == static_cast<ssize_t>(target.size()))
      break;
    target.resize(length);
    path = sys::path::is_absolute(target) ? target : folder + "/" + target;
  }
  return folders;
}

dpc::DataFiles::DataFiles(StringRef modelPath, bool anyLink)
    : modelPath(modelPath), modelName(sys::path::filename(modelPath)),
      folders(getFolders(modelPath)), anyLink(anyLink) {}

/// The first folder that has the file counts.
static Expected<std::optional<std::pair<Descriptor, StringRef>>>
openInFolders(ArrayRef<std::string> folders, StringRef file, bool anyLink) {
  for (StringRef folder : folders) {
    auto opened = openExternal(folder, file, anyLink);
    if (!opened)
      return opened.takeError();
    if (*opened)
      return std::optional(std::pair(std::move(**opened), folder));
  }
  return std::nullopt;
}

Expected<std::optional<int64_t>> dpc::DataFiles::getSize(StringRef file) {
  auto [it, isNew] = sizes.try_emplace(file, std::nullopt);
  if (!isNew)
    return it->second;
  auto opened = openInFolders(folders, file, anyLink);
  if (!opened) {
    sizes.erase(it);
    return opened.takeError();
  }
  if (*opened)
    it->second = (*opened)->first.size;
  return it->second;
}

std::string dpc::DataFiles::getPath(StringRef file) {
  if (file == modelName)
    return modelPath;
  auto opened = openInFolders(folders, file, anyLink);
  if (opened && *opened)
    return ((*opened)->second + "/" + file).str();
  consumeError(opened.takeError());
  return folders.front() + "/" + file.str();
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
    auto opened = openInFolders(folders, file, anyLink);
    if (!opened)
      return opened.takeError();
    if (!*opened)
      return makeError("external data file '" + file +
                       "' does not exist; put it into the model's folder");
    from.emplace(std::move((*opened)->first));
  }
  int64_t size = from->size, length = out.size();
  if (offset < 0 || offset > size || length > size - offset)
    return makeError("bytes " + Twine(offset) + " to " +
                     Twine(static_cast<uint64_t>(offset) + length) +
                     " lie outside of '" + file + "', which has " +
                     Twine(size) + "; the file is cut short");
  while (!out.empty()) {
    // Holes are zeros, and would only fill the system's cache of files. Where a
    // file system knows of none, all is data.
    off_t data = lseek(from->number, offset, SEEK_DATA);
    if (data > offset || (data < 0 && errno == ENXIO)) {
      size_t hole =
          data < 0 ? out.size() : std::min<size_t>(data - offset, out.size());
      std::fill_n(out.begin(), hole, 0);
      out = out.drop_front(hole);
      offset += hole;
      continue;
    }
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
