//===- Signature.h - What a program takes and returns -----------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_NN_SIGNATURE_H
#define DPC_DIALECTS_NN_SIGNATURE_H

#include "dialects/NN/NNDialect.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

#include <map>

namespace dpc::nn {

/// Whether what has this role lives on from step to step: a result of the role
/// takes the place of the argument of the same role and name.
inline bool isPersistent(Role role) {
  return role == Role::Parameter || role == Role::State;
}
/// Whether rank 0 alone has a result of this role.
inline bool isOnFirstRank(Role role) {
  return role == Role::Loss || role == Role::Metric;
}
/// What the optimizer's state `state` of a parameter is called.
inline std::string getStateName(llvm::StringRef parameter,
                                llvm::StringRef state) {
  return (parameter + "." + state).str();
}

/// What the attributes of one argument or result say, or those of its slot in a
/// plan.
class SignatureEntry {
public:
  SignatureEntry(mlir::DictionaryAttr attrs) : attrs(attrs) {}

  std::optional<Role> getRole() const {
    auto role = get<RoleAttr>(kRoleAttr);
    return role ? std::optional(role.getValue()) : std::nullopt;
  }
  bool hasRole(Role role) const { return getRole() == role; }
  bool isPersistent() const {
    return getRole() && nn::isPersistent(*getRole());
  }
  /// Lies as a parameter does: a parameter, a state, a gradient.
  bool isLikeParameter() const {
    return isPersistent() || hasRole(Role::Gradient);
  }
  bool isOnFirstRank() const {
    return getRole() && nn::isOnFirstRank(*getRole());
  }

  /// Null, or "", without one.
  mlir::StringAttr getNameAttr() const {
    return get<mlir::StringAttr>(kNameAttr);
  }
  llvm::StringRef getName() const {
    return getNameAttr() ? getNameAttr().getValue() : llvm::StringRef();
  }
  /// The name that the model, too, has for it: of a parameter, input or label.
  mlir::StringAttr getModelName() const {
    bool isModels = hasRole(Role::Parameter) || hasRole(Role::Input) ||
                    hasRole(Role::Label);
    return isModels ? getNameAttr() : mlir::StringAttr();
  }
  /// The parameter that a state or a gradient is for; of a parameter, itself.
  llvm::StringRef getParameterName() const {
    return hasRole(Role::State) ? getName().rsplit('.').first : getName();
  }
  /// The dimension that the rows of the batch are, where that is known.
  std::optional<int64_t> getBatchDim() const {
    auto dim = get<mlir::IntegerAttr>(kBatchDimAttr);
    return dim ? std::optional(dim.getInt()) : std::nullopt;
  }

  /// Makes the attributes of an entry, beside `others`.
  static mlir::DictionaryAttr make(mlir::MLIRContext *context, Role role,
                                   llvm::StringRef name,
                                   mlir::NamedAttrList others = {}) {
    others.set(kNameAttr, mlir::StringAttr::get(context, name));
    others.set(kRoleAttr, RoleAttr::get(context, role));
    return others.getDictionary(context);
  }

private:
  template <typename Attr> Attr get(llvm::StringRef name) const {
    return attrs ? attrs.getAs<Attr>(name) : Attr();
  }

  mlir::DictionaryAttr attrs;
};

/// What a function takes and returns, by roles and names.
class Signature {
public:
  explicit Signature(mlir::FunctionOpInterface function) : function(function) {}

  SignatureEntry getArg(unsigned index) {
    return function.getArgAttrDict(index);
  }
  SignatureEntry getArg(mlir::BlockArgument argument) {
    return getArg(argument.getArgNumber());
  }
  SignatureEntry getResult(unsigned index) {
    return function.getResultAttrDict(index);
  }

  /// The first argument of that role and name.
  std::optional<unsigned> findArg(Role role, mlir::StringAttr name);
  /// The argument that belongs to a result: whose place it takes, or the
  /// parameter of a gradient.
  std::optional<unsigned> findArgOf(unsigned result);
  /// The names of the parameters whose place results take: which the program
  /// trains.
  llvm::DenseSet<mlir::StringAttr> getTrained();

private:
  mlir::FunctionOpInterface function;
  /// Arguments by role and name, made when first asked for.
  llvm::DenseMap<std::pair<int, mlir::Attribute>, unsigned> arguments;
  bool hasArguments = false;
};

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

  void setArgRole(unsigned index, Role role) {
    setArgAttr(index, kRoleAttr, RoleAttr::get(function->getContext(), role));
  }
  void setResultRole(unsigned index, Role role) {
    setResultAttr(index, kRoleAttr,
                  RoleAttr::get(function->getContext(), role));
  }
  /// Null is none.
  void setArgName(unsigned index, mlir::StringAttr name) {
    if (name)
      setArgAttr(index, kNameAttr, name);
  }
  void setResultName(unsigned index, mlir::StringAttr name) {
    if (name)
      setResultAttr(index, kNameAttr, name);
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
