// RUN: split-file %s %t
// RUN: dpc-opt %t/in.mlir -legalize-onnx=freeze-rows=table=2 | FileCheck %s
// RUN: dpc-opt %t/in.mlir -legalize-onnx=freeze-rows=table=2 -nn-attach-loss=loss=mse -nn-differentiate | FileCheck %s --check-prefix=GRADIENT
// RUN: not dpc-opt %t/in.mlir -legalize-onnx=freeze-rows=tabel=2 2>&1 | FileCheck %s --check-prefix=NAME
// RUN: not dpc-opt %t/in.mlir -legalize-onnx=freeze-rows=table=5 2>&1 | FileCheck %s --check-prefix=OUTSIDE
// RUN: not dpc-opt %t/in.mlir -legalize-onnx=freeze-rows=table 2>&1 | FileCheck %s --check-prefix=FORM

// The look-ups of a table leave out the gradient of its row of padding; another
// user of the table does not, and another table is as it was.
// CHECK: nn.gather {{.*}}nn.padding_row = 2
// CHECK: nn.gather
// CHECK-NOT: nn.padding_row

// GRADIENT: %[[PADDING:.*]] = nn.constant dense<2> : tensor<4xi64>
// GRADIENT: %[[ROW:.*]] = nn.compare {{ *}}eq %{{.*}}, %[[PADDING]]
// GRADIENT: %[[NOWHERE:.*]] = nn.constant dense<-1> : tensor<4xi64>
// GRADIENT: %[[KEPT:.*]] = nn.select %[[ROW]], %[[NOWHERE]],
// GRADIENT: nn.scatter_add %[[KEPT]],

// NAME: error: --freeze-row tabel=2: there is no parameter 'tabel'; did you mean 'table'?
// OUTSIDE: error: --freeze-row table=5: '5' is no row of the parameter, which is 'tensor<5x3xf32>'
// FORM: error: --freeze-row table: '' is no row of the parameter

//--- in.mlir
onnx.initializer @table : tensor<5x3xf32> from "m.onnx"[0, 60]
onnx.initializer @other : tensor<5x3xf32> from "m.onnx"[60, 60]
func.func @main(%i: tensor<4xi64> {nn.name = "i", onnx.dims = ["batch"]})
    -> (!onnx.value {nn.name = "y"}) {
  %w = onnx.weight @table : tensor<5x3xf32>
  %o = onnx.weight @other : tensor<5x3xf32>
  %a = onnx.node "Gather"(%w, %i) {domain = "", version = 17 : i64, attrs = {}, outputs = ["a"]} : (tensor<5x3xf32>, tensor<4xi64>) -> !onnx.value loc("a")
  %b = onnx.node "Gather"(%o, %i) {domain = "", version = 17 : i64, attrs = {}, outputs = ["b"]} : (tensor<5x3xf32>, tensor<4xi64>) -> !onnx.value loc("b")
  %c = onnx.node "Add"(%a, %b) {domain = "", version = 17 : i64, attrs = {}, outputs = ["c"]} : (!onnx.value, !onnx.value) -> !onnx.value loc("c")
  return %c : !onnx.value
}
