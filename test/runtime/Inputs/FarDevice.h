//===- FarDevice.h - A device whose memory is far ---------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_RUNTIME_FARDEVICE_H
#define DPC_TEST_RUNTIME_FARDEVICE_H

#include <cstdint>

/// Added to addresses of the host's; nothing is mapped there.
inline constexpr uintptr_t farDistance = uintptr_t(1) << 60;

inline char *toFar(void *address) {
  return reinterpret_cast<char *>(reinterpret_cast<uintptr_t>(address) +
                                  farDistance);
}

inline char *toNear(const void *address) {
  return reinterpret_cast<char *>(reinterpret_cast<uintptr_t>(address) -
                                  farDistance);
}

#endif // DPC_TEST_RUNTIME_FARDEVICE_H
