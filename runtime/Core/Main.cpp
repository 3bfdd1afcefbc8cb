//===- Main.cpp - Entry of a compiled program -----------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/Runner.h"

int main(int argc, char **argv) { return dpc::rt::runMain(argc, argv); }
