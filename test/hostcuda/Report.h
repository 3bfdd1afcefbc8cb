//===- Report.h - What happened, for tests to read --------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// With DPC_HOSTCUDA_REPORT=FILE each launch, copy and fault appends one line of
// JSON to the file, which processes may share: "pid" tells them apart.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_HOSTCUDA_REPORT_H
#define DPC_TEST_HOSTCUDA_REPORT_H

#include "test/hostcuda/Launch.h"

namespace dpc::hostcuda {

void reportLaunch(const Launch &launch, uint32_t stream);
void reportCopy(const std::string &what, uint64_t bytes, uint32_t stream);
/// On standard error as well.
void reportFault(const Fault &fault);

/// A graph of so many nodes is launched.
void reportGraph(size_t nodes, uint32_t stream);

} // namespace dpc::hostcuda

#endif // DPC_TEST_HOSTCUDA_REPORT_H
