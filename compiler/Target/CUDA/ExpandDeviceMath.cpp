//===- ExpandDeviceMath.cpp - Functions that PTX does not have ------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// NVIDIA's library of such functions belongs to a toolkit that need not be
// there, so they are arithmetic: of f32 MLIR's polynomials and what
// -plan-expand-math has for CPUs, too; of f64 a logarithm (fdlibm's), and what
// comes of it and of exp. 16-bit types are computed in f32.
//
// A power is e^(b log a) in f64, also of f32: Adam divides by 1 - 0.999^step.
//
//===----------------------------------------------------------------------===//

#include "compiler/Target/CUDA/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

#include <cmath>

using namespace mlir;

namespace {

/// Builds scalar arithmetic of f64.
class Wide {
public:
  Wide(OpBuilder &builder, Location loc) : builder(builder), loc(loc) {}

  Value constant(double value) {
    return arith::ConstantOp::create(builder, loc,
                                     builder.getF64FloatAttr(value));
  }
  Value integer(int64_t value) {
    return arith::ConstantOp::create(builder, loc,
                                     builder.getI64IntegerAttr(value));
  }
  Value add(Value a, Value b) {
    return arith::AddFOp::create(builder, loc, a, b);
  }
  Value sub(Value a, Value b) {
    return arith::SubFOp::create(builder, loc, a, b);
  }
  Value mul(Value a, Value b) {
    return arith::MulFOp::create(builder, loc, a, b);
  }
  Value div(Value a, Value b) {
    return arith::DivFOp::create(builder, loc, a, b);
  }
  Value exp(Value x) { return math::ExpOp::create(builder, loc, x); }
  Value abs(Value x) { return math::AbsFOp::create(builder, loc, x); }
  Value select(Value condition, Value a, Value b) {
    return arith::SelectOp::create(builder, loc, condition, a, b);
  }
  Value compare(arith::CmpFPredicate predicate, Value a, Value b) {
    return arith::CmpFOp::create(builder, loc, predicate, a, b);
  }
  Value isEqual(Value a, Value b) { return compare(Is::OEQ, a, b); }

  /// Of anything: -inf at 0, NaN below, inf for inf.
  Value log(Value x) {
    Value isTiny = compare(Is::OLT, x, constant(0x1p-1022));
    Value scaled = select(isTiny, mul(x, constant(0x1p54)), x);
    // x = 2^k m with m between sqrt(1/2) and sqrt(2).
    Value root = integer(0x3fe6a09e667f3bcd);
    Value bits = arith::SubIOp::create(
        builder, loc,
        arith::BitcastOp::create(builder, loc, builder.getI64Type(), scaled),
        root);
    Value exponent = arith::ShRSIOp::create(builder, loc, bits, integer(52));
    Value k =
        arith::SIToFPOp::create(builder, loc, builder.getF64Type(), exponent);
    k = select(isTiny, sub(k, constant(54)), k);
    Value rest =
        arith::AndIOp::create(builder, loc, bits, integer(0xfffffffffffff));
    rest = arith::AddIOp::create(builder, loc, rest, root);
    Value m =
        arith::BitcastOp::create(builder, loc, builder.getF64Type(), rest);
    Value f = sub(m, constant(1)), s = div(f, add(f, constant(2)));
    Value z = mul(s, s), p = constant(1.479819860511658591e-01);
    for (double coefficient :
         {1.531383769920937332e-01, 1.818357216161805012e-01,
          2.222219843214978396e-01, 2.857142874366239149e-01,
          3.999999999940941908e-01, 6.666666666666735130e-01})
      p = add(mul(p, z), constant(coefficient));
    Value half = mul(constant(0.5), mul(f, f));
    Value low = add(mul(s, add(half, mul(p, z))),
                    mul(k, constant(1.90821492927058770002e-10)));
    Value y = sub(mul(k, constant(6.93147180369123816490e-01)),
                  sub(sub(half, low), f));
    y = select(compare(Is::OLT, x, constant(INFINITY)), y, x);
    Value below =
        select(isEqual(x, constant(0)), constant(-INFINITY), constant(NAN));
    return select(compare(Is::OLE, x, constant(0)), below, y);
  }

  /// W. Kahan's: the error of 1 + x divides out.
  Value log1p(Value x) {
    Value sum = add(x, constant(1)), rounded = sub(sum, constant(1));
    Value y = div(mul(log(sum), x), rounded);
    y = select(isEqual(sum, constant(1)), x, y);
    return select(compare(Is::OLT, sum, constant(INFINITY)),
                  select(isEqual(rounded, constant(-1)), log(sum), y), sum);
  }

  Value tanh(Value x) {
    Value magnitude = abs(x);
    Value t = exp(mul(magnitude, constant(-2)));
    Value y = div(sub(constant(1), t), add(constant(1), t));
    Value cube = mul(magnitude, mul(magnitude, magnitude));
    Value small = sub(magnitude, mul(cube, constant(1.0 / 3)));
    y = select(compare(Is::OLT, magnitude, constant(1e-4)), small, y);
    return math::CopySignOp::create(builder, loc, y, x);
  }

  Value pow(Value a, Value b) {
    Value magnitude = abs(a), one = constant(1), zero = constant(0);
    Value y = exp(mul(b, log(magnitude)));
    y = select(isEqual(magnitude, one), one, y);
    // Of a negative number, by an integer.
    auto isInteger = [&](Value x) {
      return isEqual(math::RoundEvenOp::create(builder, loc, x), x);
    };
    Value isOdd = isInteger(mul(b, constant(0.5)));
    Value negative = arith::NegFOp::create(builder, loc, y);
    Value signedY =
        select(isInteger(b), select(isOdd, y, negative), constant(NAN));
    y = select(compare(Is::OLT, a, zero), signedY, y);
    Value isOne =
        arith::OrIOp::create(builder, loc, isEqual(a, one), isEqual(b, zero));
    return select(isOne, one, y);
  }

private:
  using Is = arith::CmpFPredicate;
  OpBuilder &builder;
  Location loc;
};

struct ExpandDeviceMath
    : PassWrapper<ExpandDeviceMath, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ExpandDeviceMath)

  StringRef getArgument() const override { return "cuda-expand-math"; }
  StringRef getDescription() const override {
    return "Functions that PTX does not have, as arithmetic";
  }
  void getDependentDialects(DialectRegistry &registry) const override {
    // Which MLIR's patterns ask for.
    registry.insert<arith::ArithDialect, math::MathDialect,
                    vector::VectorDialect>();
  }

  void runOnOperation() override {
    if (!needsWork())
      return;
    RewritePatternSet patterns(&getContext());
    auto all = [](StringRef) { return true; };
    // These have instructions, or a way of their own.
    auto isOther = [](StringRef name) {
      return name != math::ExpOp::getOperationName() &&
             name != math::LogOp::getOperationName() &&
             name != math::Log1pOp::getOperationName();
    };
    populateMathF32ExpansionPatterns(patterns, all);
    populateMathPolynomialApproximationPatterns(patterns, isOther);
    for (auto populate : {&math::populateExpansionPatterns})
      populate(patterns, {math::TanOp::getOperationName(),
                          math::SinhOp::getOperationName(),
                          math::CoshOp::getOperationName(),
                          math::AsinhOp::getOperationName(),
                          math::AcoshOp::getOperationName(),
                          math::AtanhOp::getOperationName()});
    expandWide();
    GreedyRewriteConfig config;
    config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
    if (failed(
            applyPatternsGreedily(getOperation(), std::move(patterns), config)))
      return signalPassFailure();
    // Those have made logarithms of f64 again, of asinh and its like.
    expandWide();
    getOperation().walk([&](Operation *op) {
      if (!isa<math::MathDialect>(op->getDialect()) ||
          op->getNumResults() != 1 ||
          !getElementTypeOrSelf(op->getResult(0)).isF64() || isNative(op) ||
          isa<math::ExpOp>(op))
        return;
      op->emitError("has no '")
          << op->getName().stripDialect()
          << "' of f64 on the target 'cuda'; compute it in f32";
      signalPassFailure();
    });
  }

private:
  /// PTX has an instruction, or LLVM knows what to do.
  static bool isNative(Operation *op) {
    return isa<math::AbsFOp, math::AbsIOp, math::CeilOp, math::FloorOp,
               math::RoundEvenOp, math::SqrtOp, math::CopySignOp, math::FmaOp>(
        op);
  }

  bool needsWork() {
    return getOperation()
        .walk([](Operation *op) {
          return isa<math::MathDialect>(op->getDialect()) && !isNative(op)
                     ? WalkResult::interrupt()
                     : WalkResult::advance();
        })
        .wasInterrupted();
  }

  /// Powers, and what there is of f64.
  void expandWide() {
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (op->getNumResults() == 1 &&
          (isa<math::PowFOp>(op) ||
           (isa<math::LogOp, math::Log1pOp, math::TanhOp>(op) &&
            op->getResult(0).getType().isF64())))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      OpBuilder builder(op);
      Location loc = op->getLoc();
      Wide wide(builder, loc);
      Type type = op->getResult(0).getType(), f64 = builder.getF64Type();
      SmallVector<Value> operands(op->getOperands());
      if (type != f64)
        for (Value &operand : operands)
          operand = arith::ExtFOp::create(builder, loc, f64, operand);
      Value y = isa<math::PowFOp>(op)    ? wide.pow(operands[0], operands[1])
                : isa<math::LogOp>(op)   ? wide.log(operands[0])
                : isa<math::Log1pOp>(op) ? wide.log1p(operands[0])
                                         : wide.tanh(operands[0]);
      if (type != f64)
        y = arith::TruncFOp::create(builder, loc, type, y);
      op->getResult(0).replaceAllUsesWith(y);
      op->erase();
    }
  }
};

} // namespace

std::unique_ptr<Pass> dpc::createExpandDeviceMath() {
  return std::make_unique<ExpandDeviceMath>();
}
