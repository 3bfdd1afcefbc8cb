//===- TestTarget.cpp - Targets for tests ---------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/lib/TestPasses.h"

#include "dialects/Plan/Target.h"

using namespace mlir;
using namespace dpc;

namespace {

/// "test-device": memory of its own, no library.
class DeviceTarget final : public plan::TargetInfo {
public:
  StringRef getName() const override { return "test-device"; }
  plan::MemorySpace getMemorySpace() const override {
    return plan::MemorySpace::Device;
  }
  bool hasForm(TypeID, Type) const override { return false; }
};

/// "test-workspace": products of one batch, in f32, which need 100 bytes a row
/// of the result.
class WorkspaceTarget final : public plan::TargetInfo {
public:
  StringRef getName() const override { return "test-workspace"; }
  plan::MemorySpace getMemorySpace() const override {
    return plan::MemorySpace::Host;
  }
  bool hasForm(TypeID kind, Type elementType) const override {
    return kind == TypeID::get<plan::MatmulAttr>() && elementType.isF32();
  }
  bool computes(plan::LibraryFormAttrInterface form, TypeRange operands,
                TypeRange results) const override {
    auto type = cast<ShapedType>(results[0]);
    return type.getRank() == 2 && type.getElementType().isF32();
  }
  int64_t getWorkspaceBytes(plan::LibraryFormAttrInterface, TypeRange,
                            TypeRange results) const override {
    return 100 * cast<ShapedType>(results[0]).getDimSize(0);
  }
};

} // namespace

void test::registerTargets(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *, plan::PlanDialect *dialect) {
    static const DeviceTarget device;
    static const WorkspaceTarget workspace;
    dialect->addTarget(device);
    dialect->addTarget(workspace);
  });
}
