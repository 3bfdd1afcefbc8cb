//===- ImageSource.cpp - Folders and shards of images ---------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// FILE:images[,OPTIONS] are the pictures (ImageTransform.h), FILE:class what
// they show. FILE is a folder or tar files. A class is the name of the folder
// that an image is in, or what a file KEY.cls beside KEY.jpg says in a tar file.
// The numbers of classes that have names are kept like those of tables.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/Compressed.h"
#include "runtime/Data/ImageTransform.h"
#include "runtime/Data/Tar.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <sys/stat.h>
#include <unistd.h>

namespace dpc::rt {

namespace {

/// Longer files are no picture of the size that is accepted.
constexpr int64_t maxFileBytes = int64_t(1) << 30;

struct Picture {
  /// A file, or a tar file with a member.
  std::string file, member;
  /// Of a member.
  std::string_view content;
  std::string className;

  std::string where() const {
    return member.empty() ? file : file + ": " + member;
  }
};

/// All pictures of what is named, in the order of their rows.
struct Album {
  std::vector<std::shared_ptr<FileContent>> shards;
  std::vector<Picture> pictures;
};

/// Anything but a regular file is refused; of several threads.
Expected<std::string> readFile(const std::string &path) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    return Error{path, "cannot open the file: " + systemError(errno), ""};
  struct stat info = {};
  std::string bytes, failure;
  if (::fstat(descriptor, &info) != 0)
    failure = "cannot read the file: " + systemError(errno);
  else if (!S_ISREG(info.st_mode) || info.st_size > maxFileBytes)
    failure = "is no file of a picture";
  else
    bytes.resize(static_cast<size_t>(info.st_size));
  for (size_t done = 0; failure.empty() && done < bytes.size();) {
    ssize_t count =
        ::read(descriptor, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      failure = "cannot read the file: " + systemError(errno);
    else if (count == 0)
      bytes.resize(done);
    else
      done += static_cast<size_t>(count);
  }
  ::close(descriptor);
  if (!failure.empty())
    return Error{path, failure, ""};
  return bytes;
}

/// The names in a folder, by their bytes.
Expected<std::vector<std::filesystem::path>>
listFolder(const std::filesystem::path &folder) {
  std::error_code code;
  std::vector<std::filesystem::path> entries;
  for (std::filesystem::directory_iterator at(folder, code), end;
       !code && at != end; at.increment(code))
    entries.push_back(at->path());
  if (code)
    return Error{folder, "cannot read the folder: " + code.message(), ""};
  std::sort(entries.begin(), entries.end(), [](const auto &a, const auto &b) {
    return a.native() < b.native();
  });
  return entries;
}

/// Pictures right in the folder have no class, those in its folders theirs.
Status addFolder(const std::string &path, Album &album) {
  Expected<std::vector<std::filesystem::path>> entries = listFolder(path);
  if (!entries.ok())
    return entries.status();
  for (const std::filesystem::path &entry : *entries) {
    std::error_code code;
    if (!std::filesystem::is_directory(entry, code)) {
      if (isImageName(entry.native()))
        album.pictures.push_back({entry, "", {}, ""});
      continue;
    }
    Expected<std::vector<std::filesystem::path>> files = listFolder(entry);
    if (!files.ok())
      return files.status();
    for (const std::filesystem::path &file : *files)
      if (isImageName(file.native()))
        album.pictures.push_back({file, "", {}, entry.filename()});
  }
  return {};
}

Status addShard(const std::string &path, int64_t memory, Album &album) {
  Expected<FileContent> content = FileContent::open(path, memory);
  if (!content.ok())
    return content.status();
  auto shard = std::make_shared<FileContent>(std::move(*content));
  Expected<std::vector<TarMember>> members = readTar(shard->view(), path);
  if (!members.ok())
    return members.status();
  album.shards.push_back(shard);
  auto withoutEnd = [](const std::string &name) {
    return name.substr(0, name.rfind('.'));
  };
  std::map<std::string, std::string> classes;
  for (const TarMember &member : *members)
    if (member.name.ends_with(".cls")) {
      std::string_view text = member.content.substr(0, 100);
      text = text.substr(0, text.find_last_not_of(" \r\n") + 1);
      classes[withoutEnd(member.name)] = text;
    }
  for (const TarMember &member : *members) {
    if (!isImageName(member.name))
      continue;
    Picture picture{path, member.name, member.content, ""};
    std::filesystem::path folder =
        std::filesystem::path(member.name).parent_path();
    if (auto found = classes.find(withoutEnd(member.name));
        found != classes.end())
      picture.className = found->second;
    else if (folder.has_filename() && folder.filename() != ".")
      picture.className = folder.filename();
    album.pictures.push_back(std::move(picture));
  }
  return {};
}

/// Decoded pictures, as far as there is room for them: what is small is decoded
/// in the first epoch only.
class PictureCache {
public:
  explicit PictureCache(size_t count)
      : kept(std::make_unique<std::atomic<const Image *>[]>(count)),
        count(count) {}
  PictureCache(const PictureCache &) = delete;
  PictureCache &operator=(const PictureCache &) = delete;
  ~PictureCache() {
    for (size_t i = 0; i < count; ++i)
      delete kept[i].load();
  }

  const Image *find(size_t index) const { return kept[index].load(); }
  /// Keeps it, or leaves it.
  void offer(size_t index, Image &image) {
    int64_t bytes = static_cast<int64_t>(image.pixels.size() + sizeof(Image));
    if (used.fetch_add(bytes) + bytes > maxBytes) {
      used -= bytes;
      return;
    }
    auto copy = std::make_unique<Image>(std::move(image));
    const Image *none = nullptr;
    if (kept[index].compare_exchange_strong(none, copy.get()))
      copy.release();
    else
      used -= bytes;
  }

private:
  static constexpr int64_t maxBytes = int64_t(256) << 20;

  std::unique_ptr<std::atomic<const Image *>[]> kept;
  size_t count;
  std::atomic<int64_t> used = 0;
};

class ImageSource : public RowSource {
public:
  ImageSource(Album given, ImageTransform transform, DpcType type)
      : RowSource(type, transform.rowShape(),
                  static_cast<int64_t>(given.pictures.size())),
        album(std::move(given)), transform(std::move(transform)),
        cache(album.pictures.size()) {}

  Status read(int64_t row, const ReadContext &context,
              char *target) const override {
    if (const Image *known = cache.find(static_cast<size_t>(row))) {
      transform.apply(*known, row, context, target);
      return {};
    }
    const Picture &picture = album.pictures[static_cast<size_t>(row)];
    std::string bytes;
    std::string_view content = picture.content;
    if (picture.member.empty()) {
      Expected<std::string> file = readFile(picture.file);
      if (!file.ok())
        return file.status();
      bytes = std::move(*file);
      content = bytes;
    }
    Expected<Image> image =
        decodeImage(content, transform.leastSide(), picture.where());
    if (!image.ok()) {
      Error error = image.error();
      error.what = "row " + std::to_string(row) + " " + error.what;
      return error;
    }
    transform.apply(*image, row, context, target);
    cache.offer(static_cast<size_t>(row), *image);
    return {};
  }
  RowPlace place(int64_t row) const override {
    return {album.pictures[static_cast<size_t>(row)].where(), row};
  }
  bool isSlow() const override { return true; }

private:
  Album album;
  ImageTransform transform;
  mutable PictureCache cache;
};

class ClassSource : public RowSource {
public:
  ClassSource(Album given, std::vector<int64_t> classes)
      : RowSource(DPC_I64, {}, static_cast<int64_t>(classes.size())),
        album(std::move(given)), classes(std::move(classes)) {}

  Status read(int64_t row, const ReadContext &, char *target) const override {
    std::memcpy(target, &classes[static_cast<size_t>(row)], sizeof(int64_t));
    return {};
  }
  RowPlace place(int64_t row) const override {
    return {album.pictures[static_cast<size_t>(row)].where(), row};
  }
  const char *contiguous() const override {
    return reinterpret_cast<const char *>(classes.data());
  }

private:
  Album album;
  std::vector<int64_t> classes;
};

Expected<RowSourcePtr> makeClasses(Album album, const SourceRequest &request) {
  auto given = request.fits.find(request.input.name);
  std::optional<ColumnFit> fit;
  if (given != request.fits.end() && !given->second.empty())
    fit = given->second.front();
  std::vector<int64_t> classes;
  bool areNumbers = true;
  for (const Picture &picture : album.pictures) {
    int64_t number = 0;
    if (picture.className.empty())
      return Error{picture.where(), "does not say what it shows",
                   "put each class's images into a folder of its name"};
    areNumbers &= parseNumber(picture.className, number);
    classes.push_back(number);
  }
  // Numbers are what they are.
  if (!fit && areNumbers)
    return RowSourcePtr(
        std::make_unique<ClassSource>(std::move(album), std::move(classes)));
  if (!fit) {
    ColumnWish wish;
    wish.kind = ColumnWish::Kind::Category;
    ColumnLearner learner("class", wish, true);
    for (const Picture &picture : album.pictures)
      learner.add(std::string_view(picture.className), picture.file, 0);
    Expected<ColumnFit> learned = learner.finish(request.text);
    if (!learned.ok())
      return learned.error();
    fit = std::move(*learned);
    request.fits[request.input.name] = {*fit};
  }
  for (size_t i = 0; i < classes.size(); ++i) {
    double index = 0;
    if (std::optional<std::string> wrong =
            fit->width() == 1
                ? fit->encode(std::string_view(album.pictures[i].className),
                              &index)
                : std::string("is of another kind of data"))
      return Error{album.pictures[i].where(), "its class " + *wrong,
                   "evaluate on the classes that were trained"};
    classes[i] = static_cast<int64_t>(index);
  }
  return RowSourcePtr(
      std::make_unique<ClassSource>(std::move(album), std::move(classes)));
}

bool isShard(std::string_view path) {
  for (std::string_view end : {".gz", ".zst"})
    if (path.ends_with(end))
      path.remove_suffix(end.size());
  return path.ends_with(".tar");
}

} // namespace

bool areImages(const DataSpec &spec) {
  std::error_code code;
  return isShard(spec.files.front()) ||
         std::filesystem::is_directory(spec.files.front(), code);
}

Expected<RowSourcePtr> openImages(const DataSpec &spec,
                                  const SourceRequest &request) {
  std::vector<SelectorItem> items = {
      {request.input.isLabel ? "class" : "images", "", false}};
  if (!spec.selector.empty()) {
    Expected<std::vector<SelectorItem>> parsed =
        parseSelector(spec.selector, request.text);
    if (!parsed.ok())
      return parsed.error();
    items = std::move(*parsed);
  }
  bool isClass = items[0].key == "class" && items.size() == 1;
  if (!isClass && items[0].key != "images")
    return usageError(request.text,
                      "'" + spec.selector + "' is nothing that images have",
                      "use :images,OPTIONS or :class");
  Album album;
  for (const std::string &file : spec.files) {
    Status status = isShard(file) ? addShard(file, request.memory, album)
                                  : addFolder(file, album);
    if (!status.ok())
      return status.error();
  }
  if (album.pictures.empty())
    return Error{request.text,
                 isShard(spec.files.front())
                     ? "holds no .png, .jpg or .jpeg"
                     : "is a directory that holds no .png, .jpg or .jpeg",
                 "name a folder of folders of images, or a tar file of them"};
  if (isClass)
    return makeClasses(std::move(album), request);
  Expected<ImageTransform> transform = ImageTransform::make(items, request);
  if (!transform.ok())
    return transform.error();
  return RowSourcePtr(std::make_unique<ImageSource>(
      std::move(album), std::move(*transform), request.input.dtype));
}

} // namespace dpc::rt
