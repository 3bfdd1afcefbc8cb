//===- Signature.h - Attributes of arguments and results --------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_NN_SIGNATURE_H
#define DPC_DIALECTS_NN_SIGNATURE_H

#include "mlir/Interfaces/FunctionInterfaces.h"

#include <map>

namespace dpc::nn {

/// Changes of the attributes of a function's arguments and results. A function
/// has one list of each, which every single change makes anew, and none is ever
/// freed: changes of many are collected, and made by apply() or at the end of
/// this object's life.
class SignatureChanges {
public:
  explicit SignatureChanges(mlir::FunctionOpInterface function)
      : function(function) {}
  SignatureChanges(const SignatureChanges &) = delete;
  ~SignatureChanges() { apply(); }

  void setArgAttr(unsigned index, llvm::StringRef name, mlir::Attribute value) {
    change(arguments, index, function.getArgAttrDict(index), name, value);
  }
  void setResultAttr(unsigned index, llvm::StringRef name,
                     mlir::Attribute value) {
    change(results, index, function.getResultAttrDict(index), name, value);
  }

  void apply() {
    llvm::SmallVector<mlir::DictionaryAttr> attrs;
    if (!arguments.empty()) {
      function.getAllArgAttrs(attrs);
      function.setAllArgAttrs(replace(arguments, attrs));
    }
    attrs.clear();
    if (!results.empty()) {
      function.getAllResultAttrs(attrs);
      function.setAllResultAttrs(replace(results, attrs));
    }
    arguments.clear();
    results.clear();
  }

private:
  using Changes = std::map<unsigned, mlir::NamedAttrList>;

  static void change(Changes &changes, unsigned index, mlir::DictionaryAttr old,
                     llvm::StringRef name, mlir::Attribute value) {
    changes.try_emplace(index, old).first->second.set(name, value);
  }

  llvm::ArrayRef<mlir::DictionaryAttr>
  replace(const Changes &changes,
          llvm::SmallVectorImpl<mlir::DictionaryAttr> &attrs) {
    for (const auto &[index, list] : changes)
      attrs[index] = list.getDictionary(function->getContext());
    return attrs;
  }

  mlir::FunctionOpInterface function;
  Changes arguments, results;
};

} // namespace dpc::nn

#endif // DPC_DIALECTS_NN_SIGNATURE_H
