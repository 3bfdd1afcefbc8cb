//===- NcclShared.cpp - What the ranks of a job share ---------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/NcclShared.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace dpc::hostcuda::nccl;

/// Bytes between the places of two ranks; the file has holes.
static constexpr uint64_t kPlace = 1ull << 30;

static uint64_t getPostPlace(int comm, int rank, uint64_t number) {
  return (2 * (static_cast<uint64_t>(comm) * kMostRanks +
               static_cast<uint64_t>(rank)) +
          number % 2 + 1) *
         kPlace;
}

static uint64_t getMessagePlace(int comm, int from, int to) {
  uint64_t before = 2ull * kMostComms * kMostRanks + 2;
  return (before +
          (static_cast<uint64_t>(comm) * kMostRanks +
           static_cast<uint64_t>(from)) *
              kMostRanks +
          static_cast<uint64_t>(to)) *
         kPlace;
}

static void need(bool isRight, const char *what) {
  if (isRight)
    return;
  std::perror(what);
  std::abort();
}

std::string dpc::hostcuda::nccl::describe(const Terms &terms) {
  static const char *const kinds[] = {"AllReduce", "Reduce",        "Broadcast",
                                      "AllGather", "ReduceScatter", "Send",
                                      "Recv"};
  static const char *const types[] = {
      "Int8",   "Uint8",   "Int32",   "Uint32",  "Int64",
      "Uint64", "Float16", "Float32", "Float64", "Bfloat16"};
  static const char *const ops[] = {"Sum", "Prod", "Max", "Min", "Avg"};
  std::string text = std::string(kinds[static_cast<int>(terms.kind)]) + " of " +
                     std::to_string(terms.count) + " " + types[terms.type];
  if (terms.kind == Kind::AllReduce || terms.kind == Kind::Reduce ||
      terms.kind == Kind::ReduceScatter)
    text += std::string(" by ") + ops[terms.op];
  if (terms.kind == Kind::Reduce || terms.kind == Kind::Broadcast)
    text += ", root " + std::to_string(terms.root);
  return text;
}

uint64_t dpc::hostcuda::nccl::getBytes(ncclDataType_t type) {
  switch (type) {
  case ncclInt8:
  case ncclUint8:
    return 1;
  case ncclFloat16:
  case ncclBfloat16:
    return 2;
  case ncclInt64:
  case ncclUint64:
  case ncclFloat64:
    return 8;
  default:
    return 4;
  }
}

bool Shared::makeId(ncclUniqueId &id) {
  std::memset(&id, 0, sizeof(id));
  int file = memfd_create("hostnccl", MFD_CLOEXEC);
  if (file < 0 || ftruncate(file, sizeof(Header)))
    return false;
  // It stays open, as long as the process lives.
  std::snprintf(id.internal, sizeof(id.internal), "hostnccl %d %d",
                static_cast<int>(getpid()), file);
  return true;
}

std::shared_ptr<Shared> Shared::open(const ncclUniqueId &id) {
  int process = 0, number = 0;
  if (std::sscanf(id.internal, "hostnccl %d %d", &process, &number) != 2)
    return nullptr;
  std::string path =
      "/proc/" + std::to_string(process) + "/fd/" + std::to_string(number);
  auto shared = std::make_shared<Shared>();
  shared->file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (shared->file < 0)
    return nullptr;
  void *memory = mmap(nullptr, sizeof(Header), PROT_READ | PROT_WRITE,
                      MAP_SHARED, shared->file, 0);
  need(memory != MAP_FAILED, "hostcuda: mmap");
  shared->header = static_cast<Header *>(memory);
  return shared;
}

int Shared::findComm(uint64_t key) {
  // 0 is the world.
  for (int i = 1; i < kMostComms; ++i) {
    uint64_t none = 0;
    if (header->keys[i].compare_exchange_strong(none, key) || none == key)
      return i;
  }
  std::fprintf(stderr, "hostcuda: error: nccl: too many communicators\n");
  std::abort();
}

static void writeAt(int file, uint64_t place, const void *data,
                    uint64_t bytes) {
  const char *from = static_cast<const char *>(data);
  need(bytes <= kPlace, "hostcuda: a buffer is too large");
  while (bytes > 0) {
    ssize_t done = pwrite(file, from, bytes, static_cast<off_t>(place));
    need(done > 0, "hostcuda: pwrite");
    from += done;
    place += static_cast<uint64_t>(done);
    bytes -= static_cast<uint64_t>(done);
  }
}

static void readAt(int file, uint64_t place, void *data, uint64_t bytes) {
  char *to = static_cast<char *>(data);
  while (bytes > 0) {
    ssize_t done = pread(file, to, bytes, static_cast<off_t>(place));
    need(done > 0, "hostcuda: pread");
    to += done;
    place += static_cast<uint64_t>(done);
    bytes -= static_cast<uint64_t>(done);
  }
}

void Shared::writePost(int comm, int rank, uint64_t number, const void *data,
                       uint64_t bytes) {
  writeAt(file, getPostPlace(comm, rank, number), data, bytes);
}

void Shared::readPost(int comm, int rank, uint64_t number, void *data,
                      uint64_t bytes, uint64_t from) {
  readAt(file, getPostPlace(comm, rank, number) + from, data, bytes);
}

void Shared::writeMessage(int comm, int from, int to, const void *data,
                          uint64_t bytes) {
  writeAt(file, getMessagePlace(comm, from, to), data, bytes);
}

void Shared::readMessage(int comm, int from, int to, void *data,
                         uint64_t bytes) {
  readAt(file, getMessagePlace(comm, from, to), data, bytes);
}
