//===- Version.cpp - which dpc this is ------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Driver/Version.h"

#include "Commit.h"
#include "compiler/Target/Target.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/TargetParser/Host.h"

using namespace dpc;

Version dpc::getVersion() {
  Version version;
  version.number = DPC_VERSION;
  version.commit = kCommit;
  version.llvm = LLVM_VERSION_STRING;
  for (const std::string &target : getTargetNames())
    version.features.push_back("target " + target);
  version.features.push_back("precision f32");
#ifdef DPC_HAVE_VECTOR_MATH
  version.features.push_back("vector math");
#endif
#ifndef NDEBUG
  version.features.push_back("assertions");
#endif
  if (std::string sanitizers = DPC_SANITIZERS; !sanitizers.empty())
    version.features.push_back("sanitizers " + sanitizers);
  return version;
}

std::string dpc::describeVersion() {
  Version version = getVersion();
  std::string text = "dpc " + version.number;
  if (!version.commit.empty())
    text += " (commit " + version.commit + ")";
  return text + "\nLLVM " + version.llvm + ", " +
         llvm::sys::getDefaultTargetTriple() +
         "\nfeatures: " + llvm::join(version.features, ", ");
}
