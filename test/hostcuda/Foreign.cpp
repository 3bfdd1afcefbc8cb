//===- Foreign.cpp - Work of other libraries on the stand-in --------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Foreign.h"
#include "test/hostcuda/Enter.h"

#include <algorithm>

using namespace dpc::hostcuda;

CUresult
dpc::hostcuda::addForeign(CUstream handle, const std::string &name,
                          std::vector<ForeignRange> ranges,
                          std::function<void(const ForeignMemory &)> body,
                          std::function<bool(const ForeignMemory &)> ready) {
  return enterStream(handle, [&](Device &device, Stream &stream) {
    return device.addForeign(stream, name, std::move(ranges), std::move(body),
                             std::move(ready));
  });
}

void dpc::hostcuda::reportForeignFault(const std::string &kind,
                                       const std::string &what) {
  reportFault({kind, what});
}

CUresult Device::addForeign(Stream &stream, const std::string &name,
                            std::vector<ForeignRange> ranges,
                            std::function<void(const ForeignMemory &)> body,
                            std::function<bool(const ForeignMemory &)> ready) {
  ForeignMemory find = [this](CUdeviceptr address) {
    Allocation &allocation = findRange(address, 0, "a library touches");
    return allocation.data + (address - allocation.base);
  };
  queue.add(stream, name, [=, this](const WorkPtr &work) {
    if (ready && !ready(find))
      throw NotYet{};
    std::vector<Allocation *> touched;
    uint64_t bytes = 0;
    for (const ForeignRange &range : ranges) {
      std::string does = work->name + (range.writes ? " writes" : " reads");
      Allocation &allocation =
          findRange(range.address, range.bytes, does.c_str());
      uint64_t begin = range.address - allocation.base,
               end = begin + range.bytes;
      uint64_t hole =
          range.writes ? end : allocation.written.findNext(begin, end, false);
      if (hole != end)
        throw Fault{"unwritten",
                    does + " " + memory.describe(allocation.base + hole, 1) +
                        ", which nobody has written"};
      (range.writes ? allocation.writes : allocation.reads)
          .addRange(begin, end);
      if (std::find(touched.begin(), touched.end(), &allocation) ==
          touched.end())
        touched.push_back(&allocation);
      bytes += range.bytes;
    }
    body(find);
    for (const ForeignRange &range : ranges) {
      Allocation &allocation = *memory.find(range.address);
      uint64_t begin = range.address - allocation.base;
      if (range.writes)
        allocation.written.setRange(begin, begin + range.bytes, true);
    }
    reportCopy(name, bytes, work->stream);
    checkOrder(work, touched);
  });
  return CUDA_SUCCESS;
}
