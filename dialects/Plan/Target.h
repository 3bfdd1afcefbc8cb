//===- Target.h - What lowering asks of a target ----------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_PLAN_TARGET_H
#define DPC_DIALECTS_PLAN_TARGET_H

#include "dialects/Plan/PlanDialect.h"

#include "mlir/IR/TypeUtilities.h"

#include <string>
#include <vector>

namespace dpc::plan {

/// What a library takes of a device's memory beside the arena.
struct LibraryMemory {
  std::string name;
  int64_t bytes;
  /// How the number was found, for people.
  std::string how;
};

/// On a module: the name of the target that it is lowered for. Without it, the
/// first of the registered ones.
inline constexpr llvm::StringLiteral kTargetAttr = "plan.target";

/// What passes ask of a rank's device. compiler/Target implements it, and
/// registers every target with the dialect.
class TargetInfo {
public:
  virtual ~TargetInfo() = default;

  virtual llvm::StringRef getName() const = 0;
  /// Where the slots of programs lie.
  virtual MemorySpace getMemorySpace() const = 0;

  /// What a step costs on it where no file says it; null: what
  /// MachineAttr::getDefault says.
  virtual dist::MachineAttr getMachine(mlir::MLIRContext *context) const {
    return {};
  }

  /// Whether one of its libraries computes forms of this class on elements of
  /// this type.
  virtual bool hasForm(mlir::TypeID kind, mlir::Type elementType) const = 0;
  /// Whether it computes this one, of a class that it has, on operands and
  /// results of these types.
  virtual bool computes(LibraryFormAttrInterface form, mlir::TypeRange operands,
                        mlir::TypeRange results) const {
    return hasForm(form.getTypeID(), mlir::getElementTypeOrSelf(results[0]));
  }
  /// What such a call needs besides its operands and results, in bytes.
  virtual int64_t getWorkspaceBytes(LibraryFormAttrInterface form,
                                    mlir::TypeRange operands,
                                    mlir::TypeRange results) const {
    return 0;
  }

  /// Into how many parts the terms of a reduction should be divided, which one
  /// kernel reduces and a second one brings together; 1: one does it all. There
  /// are `results` of `terms` each, which lie next to each other if
  /// `isInnermost`.
  virtual int64_t getReductionParts(int64_t results, int64_t terms,
                                    bool isInnermost) const {
    return 1;
  }
  /// Whether a kernel may reduce so many elements for each term of another
  /// reduction, instead of reading what a kernel before it has reduced.
  virtual bool reducesWithinTerms(int64_t terms) const { return true; }
  /// Bytes of a row, in all tensors that a kernel reads, that it keeps from one
  /// reduction of the row to the next; 0: each reduction ends a kernel.
  virtual int64_t getRowBytes() const { return 0; }

  /// Whether collectives and messages are work of one queue of the device, each
  /// of which ends before the next one begins: then all ranks must start them in
  /// one order.
  virtual bool queuesCollectives() const { return false; }

  /// What its libraries take on each of `ranks` ranks beside the arena, as an
  /// estimate. `groups` are how many ranks each of the plan's groups has.
  virtual std::vector<LibraryMemory>
  getLibraryMemory(int64_t ranks, llvm::ArrayRef<int64_t> groups) const {
    return {};
  }
};

/// The target of the module that `op` is in. Null if none of that name is
/// registered.
const TargetInfo *getTarget(mlir::Operation *op);

} // namespace dpc::plan

#endif // DPC_DIALECTS_PLAN_TARGET_H
