//===- Layout.h - How what a program takes and returns lies -----*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_DIALECTS_DIST_LAYOUT_H
#define DPC_DIALECTS_DIST_LAYOUT_H

#include "dialects/Dist/DistDialect.h"

namespace dpc::dist {

/// How an argument or a result lies on the ranks, parameters and states of the
/// optimizer among them, from the partition on and in the plan.
struct Layout {
  /// Of the whole, without padding.
  mlir::ShapedType global;
  /// Null if none is known: every rank has the whole.
  ShardingAttr sharding;

  /// `attrs`: of the argument, the result or its slot in a plan, whose part on
  /// a rank is of type `local`.
  Layout(mlir::DictionaryAttr attrs, mlir::Type local)
      : global(mlir::cast<mlir::ShapedType>(local)),
        sharding(attrs.getAs<ShardingAttr>(kShardingAttr)) {
    if (auto type = attrs.getAs<mlir::TypeAttr>(kGlobalTypeAttr))
      global = mlir::cast<mlir::ShapedType>(type.getValue());
  }

  bool isSplit() const { return sharding && sharding.isSplit(); }
};

} // namespace dpc::dist

#endif // DPC_DIALECTS_DIST_LAYOUT_H
