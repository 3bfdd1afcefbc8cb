//===- Access.h - An access of a lane to any space --------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_HOSTCUDA_ACCESS_H
#define DPC_TEST_HOSTCUDA_ACCESS_H

#include "test/hostcuda/Launch.h"

namespace dpc::hostcuda {

/// What a lane touches, after all checks. `value`: what it is about to write.
/// `isGlobal` is set where it is the card's memory.
uint8_t *touchSpace(const Toucher &by, Space space, uint64_t address,
                    uint32_t bytes, Access access, const void *value,
                    bool &isGlobal);

} // namespace dpc::hostcuda

#endif // DPC_TEST_HOSTCUDA_ACCESS_H
