//===- ProductKernel.cpp - Matrix products without a library --------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What the runtime starts where cuBLASLt is not there (runtime/CUDA/Products.h).
// 256 threads make 64 x 64 elements, 4 x 4 each, from tiles of both operands
// that are 16 deep and lie in shared memory; zeros stand where an operand ends.
// Sums are of f32 and in the order of k. What epilogues do to a product (see
// dialects/Support/ProductParts.h) does a kernel behind it, and another one the sums
// of rows, of parts of them first.
//
//===----------------------------------------------------------------------===//

#include "compiler/Target/CUDA/DeviceKernel.h"
#include "dialects/Support/ProductParts.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace dpc;

// TYPE is the elements'. %A is m x k (k x m if transA), %B is k x n.
static constexpr llvm::StringLiteral kSource = R"mlir(
llvm.mlir.global internal @dpc_product_TYPE_shared() {addr_space = 3 : i32, alignment = 16 : i64} : !llvm.array<2048 x f32>

func.func private @dpc_product_TYPE_fetch(%base: !llvm.ptr, %row: i32, %column: i32, %rows: i32, %columns: i32,
    %rowStride: i64, %columnStride: i64, %shared: !llvm.ptr<3>, %at: i32)
    attributes {llvm.linkage = #llvm.linkage<internal>, passthrough = ["alwaysinline"]} {
  %zero = arith.constant 0.0 : f32
  %inRow = arith.cmpi ult, %row, %rows : i32
  %inColumn = arith.cmpi ult, %column, %columns : i32
  %inside = arith.andi %inRow, %inColumn : i1
  %value = scf.if %inside -> f32 {
    %i = arith.extui %row : i32 to i64
    %j = arith.extui %column : i32 to i64
    %p = arith.muli %i, %rowStride : i64
    %q = arith.muli %j, %columnStride : i64
    %offset = arith.addi %p, %q : i64
    %address = llvm.getelementptr %base[%offset] : (!llvm.ptr, i64) -> !llvm.ptr, TYPE
    %x = llvm.load %address : !llvm.ptr -> TYPE
    WIDEN
    scf.yield %wide : f32
  } else {
    scf.yield %zero : f32
  }
  %place = llvm.getelementptr %shared[%at] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, f32
  llvm.store %value, %place : f32, !llvm.ptr<3>
  return
}

func.func private @dpc_product_TYPE_put(%base: !llvm.ptr, %row: i32, %column: i32, %rows: i32, %columns: i32, %sum: f32)
    attributes {llvm.linkage = #llvm.linkage<internal>, passthrough = ["alwaysinline"]} {
  %inRow = arith.cmpi ult, %row, %rows : i32
  %inColumn = arith.cmpi ult, %column, %columns : i32
  %inside = arith.andi %inRow, %inColumn : i1
  scf.if %inside {
    %i = arith.extui %row : i32 to i64
    %j = arith.extui %column : i32 to i64
    %width = arith.extui %columns : i32 to i64
    %p = arith.muli %i, %width : i64
    %offset = arith.addi %p, %j : i64
    %address = llvm.getelementptr %base[%offset] : (!llvm.ptr, i64) -> !llvm.ptr, TYPE
    NARROW
    llvm.store %narrow, %address : TYPE, !llvm.ptr
  }
  return
}

func.func @dpc_product_TYPE(%A: !llvm.ptr {llvm.noalias}, %B: !llvm.ptr {llvm.noalias}, %C: !llvm.ptr {llvm.noalias},
    %m: i32, %n: i32, %k: i32, %transA: i32, %transB: i32) attributes {dpc.block_threads = 256 : i32} {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c2 = arith.constant 2 : i32
  %c3 = arith.constant 3 : i32
  %c4 = arith.constant 4 : i32
  %c16 = arith.constant 16 : i32
  %c63 = arith.constant 63 : i32
  %c64 = arith.constant 64 : i32
  %c256 = arith.constant 256 : i32
  %c1024 = arith.constant 1024 : i32
  %one = arith.constant 1 : i64
  %zero = arith.constant dense<0.0> : vector<4xf32>
  %thread = llvm.call_intrinsic "llvm.nvvm.read.ptx.sreg.tid.x"() : () -> i32
  %block = llvm.call_intrinsic "llvm.nvvm.read.ptx.sreg.ctaid.x"() : () -> i32
  // Blocks are numbered by columns, rows and then the batch.
  %nUp = arith.addi %n, %c63 : i32
  %tilesN = arith.divui %nUp, %c64 : i32
  %mUp = arith.addi %m, %c63 : i32
  %tilesM = arith.divui %mUp, %c64 : i32
  %tileN = arith.remui %block, %tilesN : i32
  %rest = arith.divui %block, %tilesN : i32
  %tileM = arith.remui %rest, %tilesM : i32
  %batch32 = arith.divui %rest, %tilesM : i32
  %row0 = arith.muli %tileM, %c64 : i32
  %column0 = arith.muli %tileN, %c64 : i32
  %batch = arith.extui %batch32 : i32 to i64
  %mWide = arith.extui %m : i32 to i64
  %nWide = arith.extui %n : i32 to i64
  %kWide = arith.extui %k : i32 to i64
  %mk = arith.muli %mWide, %kWide : i64
  %kn = arith.muli %kWide, %nWide : i64
  %mn = arith.muli %mWide, %nWide : i64
  %offsetA = arith.muli %batch, %mk : i64
  %offsetB = arith.muli %batch, %kn : i64
  %offsetC = arith.muli %batch, %mn : i64
  %a = llvm.getelementptr %A[%offsetA] : (!llvm.ptr, i64) -> !llvm.ptr, TYPE
  %b = llvm.getelementptr %B[%offsetB] : (!llvm.ptr, i64) -> !llvm.ptr, TYPE
  %c = llvm.getelementptr %C[%offsetC] : (!llvm.ptr, i64) -> !llvm.ptr, TYPE
  %isTransA = arith.cmpi ne, %transA, %c0 : i32
  %isTransB = arith.cmpi ne, %transB, %c0 : i32
  %rowStrideA = arith.select %isTransA, %one, %kWide : i64
  %columnStrideA = arith.select %isTransA, %mWide, %one : i64
  %rowStrideB = arith.select %isTransB, %one, %nWide : i64
  %columnStrideB = arith.select %isTransB, %kWide, %one : i64
  %sharedA = llvm.mlir.addressof @dpc_product_TYPE_shared : !llvm.ptr<3>
  %sharedB = llvm.getelementptr %sharedA[1024] : (!llvm.ptr<3>) -> !llvm.ptr<3>, f32
  %tx = arith.remui %thread, %c16 : i32
  %ty = arith.divui %thread, %c16 : i32
  %firstRow = arith.muli %ty, %c4 : i32
  %firstColumn = arith.muli %tx, %c4 : i32
  %sums:4 = scf.for %k0 = %c0 to %k step %c16
      iter_args(%s0 = %zero, %s1 = %zero, %s2 = %zero, %s3 = %zero)
      -> (vector<4xf32>, vector<4xf32>, vector<4xf32>, vector<4xf32>) : i32 {
    llvm.call_intrinsic "llvm.nvvm.barrier.cta.sync.aligned.all"(%c0) : (i32) -> ()
    // Neighbouring threads fetch neighbours.
    scf.for %i = %thread to %c1024 step %c256 : i32 {
      %kByRow = arith.remui %i, %c16 : i32
      %mByRow = arith.divui %i, %c16 : i32
      %kByColumn = arith.divui %i, %c64 : i32
      %mByColumn = arith.remui %i, %c64 : i32
      %dk = arith.select %isTransA, %kByColumn, %kByRow : i32
      %dm = arith.select %isTransA, %mByColumn, %mByRow : i32
      %rowA = arith.addi %row0, %dm : i32
      %columnA = arith.addi %k0, %dk : i32
      %lineA = arith.muli %dk, %c64 : i32
      %atA = arith.addi %lineA, %dm : i32
      func.call @dpc_product_TYPE_fetch(%a, %rowA, %columnA, %m, %k, %rowStrideA, %columnStrideA, %sharedA, %atA)
          : (!llvm.ptr, i32, i32, i32, i32, i64, i64, !llvm.ptr<3>, i32) -> ()
      %dkB = arith.select %isTransB, %kByRow, %kByColumn : i32
      %dn = arith.select %isTransB, %mByRow, %mByColumn : i32
      %rowB = arith.addi %k0, %dkB : i32
      %columnB = arith.addi %column0, %dn : i32
      %lineB = arith.muli %dkB, %c64 : i32
      %atB = arith.addi %lineB, %dn : i32
      func.call @dpc_product_TYPE_fetch(%b, %rowB, %columnB, %k, %n, %rowStrideB, %columnStrideB, %sharedB, %atB)
          : (!llvm.ptr, i32, i32, i32, i32, i64, i64, !llvm.ptr<3>, i32) -> ()
    }
    llvm.call_intrinsic "llvm.nvvm.barrier.cta.sync.aligned.all"(%c0) : (i32) -> ()
    %next:4 = scf.for %d = %c0 to %c16 step %c1 iter_args(%t0 = %s0, %t1 = %s1, %t2 = %s2, %t3 = %s3)
        -> (vector<4xf32>, vector<4xf32>, vector<4xf32>, vector<4xf32>) : i32 {
      %line = arith.muli %d, %c64 : i32
      %atX = arith.addi %line, %firstRow : i32
      %atY = arith.addi %line, %firstColumn : i32
      %placeX = llvm.getelementptr %sharedA[%atX] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, f32
      %placeY = llvm.getelementptr %sharedB[%atY] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, f32
      %x = llvm.load %placeX {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xf32>
      %y = llvm.load %placeY {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xf32>
      %x0 = llvm.shufflevector %x, %x [0, 0, 0, 0] : vector<4xf32>
      %x1 = llvm.shufflevector %x, %x [1, 1, 1, 1] : vector<4xf32>
      %x2 = llvm.shufflevector %x, %x [2, 2, 2, 2] : vector<4xf32>
      %x3 = llvm.shufflevector %x, %x [3, 3, 3, 3] : vector<4xf32>
      %u0 = llvm.intr.fma(%x0, %y, %t0) : (vector<4xf32>, vector<4xf32>, vector<4xf32>) -> vector<4xf32>
      %u1 = llvm.intr.fma(%x1, %y, %t1) : (vector<4xf32>, vector<4xf32>, vector<4xf32>) -> vector<4xf32>
      %u2 = llvm.intr.fma(%x2, %y, %t2) : (vector<4xf32>, vector<4xf32>, vector<4xf32>) -> vector<4xf32>
      %u3 = llvm.intr.fma(%x3, %y, %t3) : (vector<4xf32>, vector<4xf32>, vector<4xf32>) -> vector<4xf32>
      scf.yield %u0, %u1, %u2, %u3 : vector<4xf32>, vector<4xf32>, vector<4xf32>, vector<4xf32>
    }
    scf.yield %next#0, %next#1, %next#2, %next#3 : vector<4xf32>, vector<4xf32>, vector<4xf32>, vector<4xf32>
  }
  %row = arith.addi %row0, %firstRow : i32
  %column = arith.addi %column0, %firstColumn : i32
PUTS
  return
}
)mlir";

// %operand: the bias, or what the GELU was applied to; %kept: where that is stored.
static constexpr llvm::StringLiteral kEpilogueSource = R"mlir(
func.func @dpc_epilogue_TYPE(%C: !llvm.ptr, %operand: !llvm.ptr, %kept: !llvm.ptr, %count: i64, %columns: i64,
    %parts: i32) attributes {dpc.block_threads = 256 : i32} {
  %none = arith.constant 0 : i32
  %width = arith.constant 256 : i64
  %zero = arith.constant 0.0 : f32
  %half = arith.constant 0.5 : f32
  %one = arith.constant 1.0 : f32
  %root = arith.constant 0.79788456080286536 : f32
  %cube = arith.constant 0.044715 : f32
  %cubeSlope = arith.constant 0.134145 : f32
  %biasPart = arith.constant BIAS : i32
  %reluPart = arith.constant RELU : i32
  %geluPart = arith.constant GELU : i32
  %keepPart = arith.constant KEEP : i32
  %gradientPart = arith.constant GRADIENT : i32
  %biasBit = arith.andi %parts, %biasPart : i32
  %hasBias = arith.cmpi ne, %biasBit, %none : i32
  %reluBit = arith.andi %parts, %reluPart : i32
  %hasRelu = arith.cmpi ne, %reluBit, %none : i32
  %geluBit = arith.andi %parts, %geluPart : i32
  %hasGelu = arith.cmpi ne, %geluBit, %none : i32
  %keepBit = arith.andi %parts, %keepPart : i32
  %keeps = arith.cmpi ne, %keepBit, %none : i32
  %gradientBit = arith.andi %parts, %gradientPart : i32
  %isGradient = arith.cmpi ne, %gradientBit, %none : i32
  %thread32 = llvm.call_intrinsic "llvm.nvvm.read.ptx.sreg.tid.x"() : () -> i32
  %block32 = llvm.call_intrinsic "llvm.nvvm.read.ptx.sreg.ctaid.x"() : () -> i32
  %blocks32 = llvm.call_intrinsic "llvm.nvvm.read.ptx.sreg.nctaid.x"() : () -> i32
  %thread = arith.extui %thread32 : i32 to i64
  %block = arith.extui %block32 : i32 to i64
  %blocks = arith.extui %blocks32 : i32 to i64
  %blockBegin = arith.muli %block, %width : i64
  %begin = arith.addi %blockBegin, %thread : i64
  %stride = arith.muli %blocks, %width : i64
  scf.for %i = %begin to %count step %stride : i64 {
    %place = llvm.getelementptr %C[%i] : (!llvm.ptr, i64) -> !llvm.ptr, TYPE
    %product = func.call @dpc_epilogue_TYPE_load(%place) : (!llvm.ptr) -> f32
    %x = scf.if %hasBias -> f32 {
      %column = arith.remui %i, %columns : i64
      %biasPlace = llvm.getelementptr %operand[%column] : (!llvm.ptr, i64) -> !llvm.ptr, TYPE
      %bias = func.call @dpc_epilogue_TYPE_load(%biasPlace) : (!llvm.ptr) -> f32
      %sum = arith.addf %product, %bias : f32
      scf.yield %sum : f32
    } else {
      scf.yield %product : f32
    }
    scf.if %keeps {
      %keptPlace = llvm.getelementptr %kept[%i] : (!llvm.ptr, i64) -> !llvm.ptr, TYPE
      func.call @dpc_epilogue_TYPE_store(%x, %keptPlace) : (f32, !llvm.ptr) -> ()
    }
    %positive = arith.maximumf %x, %zero : f32
    %rectified = arith.select %hasRelu, %positive, %x : f32
    %usesTanh = arith.ori %hasGelu, %isGradient : i1
    %y = scf.if %usesTanh -> f32 {
      %v = scf.if %isGradient -> f32 {
        %argumentPlace = llvm.getelementptr %operand[%i] : (!llvm.ptr, i64) -> !llvm.ptr, TYPE
        %argument = func.call @dpc_epilogue_TYPE_load(%argumentPlace) : (!llvm.ptr) -> f32
        scf.yield %argument : f32
      } else {
        scf.yield %x : f32
      }
      %square = arith.mulf %v, %v : f32
      %cubed = arith.mulf %square, %cube : f32
      %scale = arith.addf %cubed, %one : f32
      %scaled = arith.mulf %scale, %v : f32
      %inner = arith.mulf %scaled, %root : f32
      %t = math.tanh %inner : f32
      %t1 = arith.addf %t, %one : f32
      %halfT1 = arith.mulf %t1, %half : f32
      %gelu = arith.mulf %halfT1, %v : f32
      // The slope: (1 + t) / 2 + v / 2 * (1 - t^2) * root * (1 + 3 * cube * v^2).
      %t2 = arith.mulf %t, %t : f32
      %sech = arith.subf %one, %t2 : f32
      %halfV = arith.mulf %v, %half : f32
      %first = arith.mulf %halfV, %sech : f32
      %second = arith.mulf %first, %root : f32
      %third = arith.mulf %square, %cubeSlope : f32
      %fourth = arith.addf %third, %one : f32
      %fifth = arith.mulf %second, %fourth : f32
      %slope = arith.addf %halfT1, %fifth : f32
      %gradient = arith.mulf %x, %slope : f32
      %value = arith.select %isGradient, %gradient, %gelu : f32
      scf.yield %value : f32
    } else {
      scf.yield %rectified : f32
    }
    func.call @dpc_epilogue_TYPE_store(%y, %place) : (f32, !llvm.ptr) -> ()
  }
  return
}

func.func private @dpc_epilogue_TYPE_load(%place: !llvm.ptr) -> f32
    attributes {llvm.linkage = #llvm.linkage<internal>, passthrough = ["alwaysinline"]} {
  %x = llvm.load %place : !llvm.ptr -> TYPE
  WIDEN
  return %wide : f32
}

func.func private @dpc_epilogue_TYPE_store(%sum: f32, %place: !llvm.ptr)
    attributes {llvm.linkage = #llvm.linkage<internal>, passthrough = ["alwaysinline"]} {
  NARROW
  llvm.store %narrow, %place : TYPE, !llvm.ptr
  return
}

)mlir";

// Each block sums 256 columns over %each rows, from its own on, to a row of %sums.
static constexpr llvm::StringLiteral kSumSource = R"mlir(
func.func @dpc_sum_rows_FROM_TO(%A: !llvm.ptr, %sums: !llvm.ptr, %rows: i64, %columns: i64, %each: i64)
    attributes {dpc.block_threads = 256 : i32} {
  %next = arith.constant 1 : i64
  %width = arith.constant 256 : i64
  %most = arith.constant 255 : i64
  %zero = arith.constant 0.0 : f32
  %thread32 = llvm.call_intrinsic "llvm.nvvm.read.ptx.sreg.tid.x"() : () -> i32
  %block32 = llvm.call_intrinsic "llvm.nvvm.read.ptx.sreg.ctaid.x"() : () -> i32
  %thread = arith.extui %thread32 : i32 to i64
  %block = arith.extui %block32 : i32 to i64
  %columnsUp = arith.addi %columns, %most : i64
  %across = arith.divui %columnsUp, %width : i64
  %part = arith.divui %block, %across : i64
  %place = arith.remui %block, %across : i64
  %left = arith.muli %place, %width : i64
  %column = arith.addi %left, %thread : i64
  %begin = arith.muli %part, %each : i64
  %full = arith.addi %begin, %each : i64
  %end = arith.minui %full, %rows : i64
  %inside = arith.cmpi ult, %column, %columns : i64
  scf.if %inside {
    %sum = scf.for %row = %begin to %end step %next iter_args(%so = %zero) -> (f32) : i64 {
      %line = arith.muli %row, %columns : i64
      %at = arith.addi %line, %column : i64
      %from = llvm.getelementptr %A[%at] : (!llvm.ptr, i64) -> !llvm.ptr, FROM
      %x = llvm.load %from : !llvm.ptr -> FROM
      WIDEN
      %more = arith.addf %so, %wide : f32
      scf.yield %more : f32
    }
    %outLine = arith.muli %part, %columns : i64
    %outAt = arith.addi %outLine, %column : i64
    %to = llvm.getelementptr %sums[%outAt] : (!llvm.ptr, i64) -> !llvm.ptr, TO
    NARROW
    llvm.store %narrow, %to : TO, !llvm.ptr
  }
  return
}
)mlir";

static void replaceAll(std::string &source, StringRef from, StringRef to) {
  for (size_t at = 0; (at = source.find(from, at)) != std::string::npos;
       at += to.size())
    source.replace(at, from.size(), to);
}

/// Of kernels that read elements of one type and write those of another.
static LogicalResult addSource(ModuleOp device, std::string source, Type from,
                               Type to) {
  auto name = [](Type type) {
    std::string text;
    llvm::raw_string_ostream(text) << type;
    return text;
  };
  replaceAll(source, "WIDEN",
             from.isF32() ? "%wide = arith.bitcast %x : f32 to f32"
                          : "%wide = arith.extf %x : FROM to f32");
  replaceAll(source, "NARROW",
             to.isF32() ? "%narrow = arith.bitcast %sum : f32 to f32"
                        : "%narrow = arith.truncf %sum : f32 to TO");
  replaceAll(source, "TYPE", name(from));
  replaceAll(source, "FROM", name(from));
  replaceAll(source, "TO", name(to));
  return parseSourceString(source, device.getBody(),
                           ParserConfig(device.getContext()));
}

LogicalResult dpc::addProductKernel(ModuleOp device, Type elementType) {
  std::string source = kSource.str(), puts;
  for (int row = 0; row < 4; ++row)
    for (int column = 0; column < 4; ++column)
      puts += llvm::formatv(
          "  %r{0}_{1} = arith.addi %row, %c{0} : i32\n"
          "  %l{0}_{1} = arith.addi %column, %c{1} : i32\n"
          "  %v{0}_{1} = llvm.extractelement %sums#{0}[%c{1} : i32] : "
          "vector<4xf32>\n"
          "  func.call @dpc_product_TYPE_put(%c, %r{0}_{1}, %l{0}_{1}, %m, %n, "
          "%v{0}_{1}) : (!llvm.ptr, i32, i32, i32, i32, f32) -> ()\n",
          row, column);
  replaceAll(source, "PUTS", puts);
  return addSource(device, source, elementType, elementType);
}

LogicalResult dpc::addEpilogueKernels(ModuleOp device, Type elementType) {
  std::string source = kEpilogueSource.str();
  for (auto [name, part] : {std::pair("BIAS", kBias), std::pair("RELU", kRelu),
                            std::pair("GELU", kGelu), std::pair("KEEP", kKeep),
                            std::pair("GRADIENT", kGeluGradient)})
    replaceAll(source, name, std::to_string(part));
  Type wide = Float32Type::get(device.getContext());
  if (failed(addSource(device, source, elementType, elementType)) ||
      failed(addSource(device, kSumSource.str(), elementType, wide)))
    return failure();
  return elementType == wide
             ? success()
             : addSource(device, kSumSource.str(), wide, elementType);
}
