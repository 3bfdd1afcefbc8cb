//===- Compressed.cpp - Files by gzip and zstd ----------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/Compressed.h"

#include <algorithm>
#include <unistd.h>
#include <zlib.h>
#ifdef DPC_HAVE_ZSTD
#include <zstd.h>
#endif

namespace dpc::rt {

static bool isGzip(std::string_view bytes) {
  return bytes.starts_with("\x1f\x8b");
}

static bool isZstd(std::string_view bytes) {
  return bytes.starts_with("\x28\xb5\x2f\xfd");
}

bool isCompressed(std::string_view bytes) {
  return isGzip(bytes) || isZstd(bytes);
}

namespace {

constexpr size_t chunk = size_t(1) << 30; // zlib counts in 32 bits
constexpr size_t sinkPiece = size_t(1) << 20;

/// What comes out: up to `limit` bytes, or all of it to `sink`, piece by piece.
struct Output {
  uint64_t limit;
  Scratch *sink = nullptr;
  std::string text = {};
  size_t produced = 0;

  bool isFull() const { return !sink && produced == limit; }
  /// Makes room if there is none. Grows by what has come.
  Status grow() {
    if (produced < text.size())
      return {};
    if (sink && produced == sinkPiece)
      return flush();
    text.resize(std::min<uint64_t>(
        sink ? sinkPiece : limit,
        std::max<uint64_t>(1 << 16, 2 * uint64_t(produced))));
    return {};
  }
  Status flush() {
    return sink->append({text.data(), std::exchange(produced, 0)});
  }
};

/// Stops when the output is full or the content ends.
Status gunzip(std::string_view bytes, Output &output,
              const std::string &where) {
  z_stream stream = {};
  // 15 window bits, +16 for the gzip wrapper only.
  if (inflateInit2(&stream, 15 + 16) != Z_OK)
    return Error{where, "cannot set up gzip decompression", ""};
  struct Guard {
    z_stream &stream;
    ~Guard() { inflateEnd(&stream); }
  } guard{stream};

  size_t consumed = 0;
  while (true) {
    if (Status status = output.grow(); !status.ok())
      return status;
    size_t in = std::min(chunk, bytes.size() - consumed);
    size_t out = std::min(chunk, output.text.size() - output.produced);
    stream.next_in =
        reinterpret_cast<Bytef *>(const_cast<char *>(bytes.data() + consumed));
    stream.avail_in = static_cast<uInt>(in);
    stream.next_out =
        reinterpret_cast<Bytef *>(output.text.data() + output.produced);
    stream.avail_out = static_cast<uInt>(out);
    int code = inflate(&stream, Z_NO_FLUSH);
    consumed += in - stream.avail_in;
    output.produced += out - stream.avail_out;
    if (code == Z_STREAM_END) {
      // Further members may follow; gzip itself tolerates zero padding.
      std::string_view rest = bytes.substr(consumed);
      if (rest.find_first_not_of('\0') == std::string_view::npos)
        return {};
      if (!isGzip(rest))
        return Error{where, "the gzip data is followed by something else",
                     "the file may be damaged; write it again"};
      if (inflateReset(&stream) != Z_OK)
        return Error{where, "cannot decompress the gzip data", ""};
      continue;
    }
    if (code != Z_OK && code != Z_BUF_ERROR)
      return Error{where,
                   "the gzip data is damaged" +
                       (stream.msg ? " (" + std::string(stream.msg) + ")"
                                   : std::string()),
                   "download or write the file again"};
    if (output.isFull())
      return {};
    if (consumed == bytes.size() && stream.avail_out > 0)
      return Error{where, "the gzip data is cut short",
                   "download or write the file again"};
  }
}

#ifdef DPC_HAVE_ZSTD
/// As gunzip.
Status unzstd(std::string_view bytes, Output &output,
              const std::string &where) {
  std::unique_ptr<ZSTD_DStream, size_t (*)(ZSTD_DStream *)> stream(
      ZSTD_createDStream(), ZSTD_freeDStream);
  if (!stream)
    return Error{where, "cannot set up zstd decompression", ""};
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  while (true) {
    if (Status status = output.grow(); !status.ok())
      return status;
    ZSTD_outBuffer out{output.text.data(), output.text.size(), output.produced};
    size_t code = ZSTD_decompressStream(stream.get(), &out, &in);
    output.produced = out.pos;
    if (ZSTD_isError(code))
      return Error{where,
                   std::string("the zstd data is damaged (") +
                       ZSTD_getErrorName(code) + ")",
                   "download or write the file again"};
    // A frame has ended; another one may follow.
    if (code == 0 && in.pos == in.size)
      return {};
    if (output.isFull())
      return {};
    if (in.pos == in.size && out.pos < out.size)
      return Error{where, "the zstd data is cut short",
                   "download or write the file again"};
  }
}
#else
Status unzstd(std::string_view, Output &, const std::string &where) {
  return Error{where, "is compressed by zstd, which this dpc was built without",
               "decompress it with zstd -d, or install libzstd-dev and build "
               "dpc again"};
}
#endif

} // namespace

static uint64_t getMemory() {
  return static_cast<uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

static Status decompress(std::string_view bytes, Output &output,
                         const std::string &where) {
  return isZstd(bytes) ? unzstd(bytes, output, where)
                       : gunzip(bytes, output, where);
}

Expected<std::string> decompressPrefix(std::string_view bytes, uint64_t limit,
                                       const std::string &where) {
  Output output{limit};
  Status status = decompress(bytes, output, where);
  if (!status.ok())
    return status.error();
  output.text.resize(output.produced);
  return std::move(output.text);
}

Expected<std::string> decompressExactly(std::string_view bytes, uint64_t size,
                                        const std::string &where) {
  // Deflate expands at most 1032 times.
  if (isGzip(bytes) && size / 1032 > bytes.size())
    return Error{where,
                 "the header promises " + std::to_string(size) +
                     " bytes, more than the compressed file can hold",
                 "download or write the file again"};
  if (size > getMemory())
    return Error{where,
                 "needs " + std::to_string(size) +
                     " bytes of memory to decompress",
                 "decompress it first: plain files are not read to memory"};
  // One byte more than expected tells "exactly" from "at least".
  Expected<std::string> output = decompressPrefix(bytes, size + 1, where);
  if (output.ok() && output->size() != size)
    return Error{
        where,
        (output->size() > size
             ? "holds more data than the "
             : "holds " + std::to_string(output->size()) + " bytes of the ") +
            std::to_string(size) + " bytes that its header promises",
        "the file may be damaged; write it again"};
  return output;
}

Expected<FileContent> FileContent::open(const std::string &path,
                                        int64_t memory) {
  Expected<FileBytes> bytes = FileBytes::open(path);
  if (!bytes.ok())
    return bytes.error();
  FileContent content(std::move(*bytes));
  std::string_view view = content.mapped.view();
  if (!isCompressed(view))
    return content;
  auto scratch = std::make_unique<Scratch>(path, memory);
  Output output{0, scratch.get()};
  Status status = decompress(view, output, path);
  if (status.ok())
    status = output.flush();
  if (status.ok())
    status = scratch->finish();
  if (!status.ok())
    return status.error();
  content.scratch = std::move(scratch);
  return content;
}

} // namespace dpc::rt
