//===- ToyDialect.h - A library form for tests ------------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_TEST_LIB_TOYDIALECT_H
#define DPC_TEST_LIB_TOYDIALECT_H

#include "dialects/Plan/PlanDialect.h"

#include "test/lib/ToyDialect.h.inc"

#define GET_ATTRDEF_CLASSES
#include "test/lib/ToyAttributes.h.inc"

#define GET_OP_CLASSES
#include "test/lib/ToyOps.h.inc"

#endif // DPC_TEST_LIB_TOYDIALECT_H
