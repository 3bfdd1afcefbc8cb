//===- Report.cpp - What happened, for tests to read ----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Report.h"

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

using namespace dpc::hostcuda;

namespace {

std::string quote(const std::string &text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      result += '\\';
    result += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return result + "\"";
}

/// In one write, so that lines of several processes do not mix.
void append(const std::string &fields) {
  const char *path = std::getenv("DPC_HOSTCUDA_REPORT");
  if (!path || !*path)
    return;
  std::string line =
      "{\"pid\": " + std::to_string(getpid()) + ", " + fields + "}\n";
  int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0 || write(file, line.data(), line.size()) < 0)
    std::perror(path);
  if (file >= 0)
    close(file);
}

std::string print(const char *name, const Traffic &traffic) {
  return std::string(", \"") + name +
         "\": {\"bytes\": " + std::to_string(traffic.bytes) +
         ", \"sectors\": " + std::to_string(traffic.sectors) +
         ", \"unique_bytes\": " + std::to_string(traffic.uniqueBytes) +
         ", \"unique_sectors\": " + std::to_string(traffic.uniqueSectors) + "}";
}

std::string printThree(const char *name, const uint32_t *values) {
  return std::string(", \"") + name + "\": [" + std::to_string(values[0]) +
         ", " + std::to_string(values[1]) + ", " + std::to_string(values[2]) +
         "]";
}

} // namespace

void dpc::hostcuda::reportLaunch(const Launch &launch, uint32_t stream) {
  std::string repeated;
  for (uint64_t bytes : launch.repeatedOf)
    repeated += (repeated.empty() ? "" : ", ") + std::to_string(bytes);
  append("\"event\": \"launch\", \"kernel\": " + quote(launch.kernel.name) +
         ", \"stream\": " + std::to_string(stream) +
         printThree("grid", launch.dimensions.grid) +
         printThree("block", launch.dimensions.block) +
         print("read", launch.reads) + print("written", launch.writes) +
         ", \"repeated_bytes\": " + std::to_string(launch.repeatedBytes) +
         ", \"repeated_of\": [" + repeated + "]" +
         ", \"operations\": " + std::to_string(launch.operations));
}

void dpc::hostcuda::reportCopy(const std::string &what, uint64_t bytes,
                               uint32_t stream) {
  append("\"event\": " + quote(what) + ", \"bytes\": " + std::to_string(bytes) +
         ", \"stream\": " + std::to_string(stream));
}

void dpc::hostcuda::reportFault(const Fault &fault) {
  std::fprintf(stderr, "hostcuda: error: %s: %s\n", fault.kind.c_str(),
               fault.what.c_str());
  append("\"event\": \"fault\", \"kind\": " + quote(fault.kind) +
         ", \"what\": " + quote(fault.what));
}

void dpc::hostcuda::reportGraph(size_t nodes, uint32_t stream) {
  append("\"event\": \"graph\", \"nodes\": " + std::to_string(nodes) +
         ", \"stream\": " + std::to_string(stream));
}
