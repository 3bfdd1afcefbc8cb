//===- Devices.cpp - The devices that there are ---------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/CPU/CPUDevice.h"

namespace dpc::rt {

Expected<std::unique_ptr<Device>> makeDevice(const std::string &target) {
  if (target == "cpu")
    return std::unique_ptr<Device>(new CPUDevice);
  return Error{"plan",
               "is for the target '" + target +
                   "', for which this runtime has no device",
               "compile the model again"};
}

} // namespace dpc::rt
