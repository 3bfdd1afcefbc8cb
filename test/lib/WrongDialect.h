//===- WrongDialect.h - Ops with one mistake each ---------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_LIB_WRONGDIALECT_H
#define DPC_TEST_LIB_WRONGDIALECT_H

#include "dialects/NN/NNDialect.h"

#include "test/lib/WrongDialect.h.inc"

#define GET_OP_CLASSES
#include "test/lib/WrongOps.h.inc"

#endif // DPC_TEST_LIB_WRONGDIALECT_H
