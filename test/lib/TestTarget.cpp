//===- TestTarget.cpp - Targets for tests ---------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/lib/TestPasses.h"

#include "dialects/Plan/Target.h"
#include "test/lib/ToyDialect.h"

using namespace mlir;
using namespace dpc;

namespace {

/// "test-device": memory of its own, no library, and faster than a core.
class DeviceTarget final : public plan::TargetInfo {
public:
  StringRef getName() const override { return "test-device"; }
  plan::MemorySpace getMemorySpace() const override {
    return plan::MemorySpace::Device;
  }
  bool hasForm(TypeID, Type) const override { return false; }
  dist::MachineAttr getMachine(MLIRContext *context) const override {
    return dist::MachineAttr::get(
        context, /*compute=*/20'000'000'000'000, /*memory=*/1'000'000'000'000,
        /*launch=*/3'000,
        dist::LinkAttr::get(context, /*ranks=*/0, /*latency=*/10'000,
                            /*bandwidth=*/100'000'000'000));
  }
};

/// "test-toy": the form of the dialect "toy", and a bias of one dimension.
class ToyTarget final : public plan::TargetInfo {
public:
  StringRef getName() const override { return "test-toy"; }
  plan::MemorySpace getMemorySpace() const override {
    return plan::MemorySpace::Host;
  }
  bool hasForm(TypeID kind, Type) const override {
    return kind == TypeID::get<toy::TwiceAttr>();
  }
  bool computes(plan::LibraryFormAttrInterface form, TypeRange operands,
                TypeRange results) const override {
    return isa<toy::TwiceAttr>(form) &&
           (operands.size() == 1 ||
            cast<ShapedType>(operands[1]).getRank() == 1);
  }
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
    static const ToyTarget toy;
    dialect->addTarget(workspace);
    dialect->addTarget(toy);
  });
}
