//===- Signature.cpp - What a program takes and returns -------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/NN/Signature.h"

using namespace mlir;
using namespace dpc::nn;

std::optional<unsigned> Signature::findArg(Role role, StringAttr name) {
  if (!hasArguments)
    for (unsigned i = 0, e = function.getNumArguments(); i < e; ++i)
      if (std::optional<Role> other = getArg(i).getRole())
        arguments.insert(
            {{static_cast<int>(*other), getArg(i).getNameAttr()}, i});
  hasArguments = true;
  auto found = arguments.find({static_cast<int>(role), name});
  return found == arguments.end() ? std::nullopt : std::optional(found->second);
}

std::optional<unsigned> Signature::findArgOf(unsigned result) {
  SignatureEntry entry = getResult(result);
  if (!entry.isLikeParameter())
    return std::nullopt;
  Role role = entry.hasRole(Role::State) ? Role::State : Role::Parameter;
  return findArg(role, entry.getNameAttr());
}

llvm::DenseSet<StringAttr> Signature::getTrained() {
  llvm::DenseSet<StringAttr> names;
  for (unsigned i = 0, e = function.getNumResults(); i < e; ++i)
    if (SignatureEntry entry = getResult(i); entry.hasRole(Role::Parameter))
      names.insert(entry.getNameAttr());
  return names;
}
