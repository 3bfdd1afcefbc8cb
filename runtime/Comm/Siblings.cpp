//===- Siblings.cpp - The other ranks on this machine ---------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Comm/Siblings.h"

#include <charconv>
#include <fstream>
#include <iterator>
#include <string>
#include <unistd.h>

namespace dpc::rt {

static std::string readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The rank that the process's environment names, -1 for none.
static int findRank(const std::string &environment) {
  for (const char *name : {"OMPI_COMM_WORLD_RANK=", "PMIX_RANK=", "PMI_RANK=",
                           "RANK=", "SLURM_PROCID="}) {
    size_t at = environment.find(std::string(1, '\0') + name);
    int rank = -1;
    if (at == std::string::npos)
      continue;
    const char *text = environment.data() + environment.find('=', at) + 1;
    if (std::from_chars(text, environment.data() + environment.size(), rank)
            .ec == std::errc())
      return rank;
  }
  return -1;
}

std::map<int, char> findSiblings() {
  std::map<int, char> states;
  std::string parent = std::to_string(::getppid());
  std::ifstream children("/proc/" + parent + "/task/" + parent + "/children");
  for (std::string process; children >> process;) {
    int rank = findRank('\0' + readFile("/proc/" + process + "/environ"));
    // The name before the state is in parentheses and may hold any other.
    std::string stat = readFile("/proc/" + process + "/stat");
    size_t name = stat.rfind(')');
    if (rank >= 0 && name != std::string::npos && name + 2 < stat.size())
      states[rank] = stat[name + 2];
  }
  return states;
}

} // namespace dpc::rt
