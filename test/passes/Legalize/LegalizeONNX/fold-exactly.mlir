// RUN: dpc-opt %s -legalize-onnx | FileCheck %s

// Integers are folded exactly, beyond 2^53 as well, and wrap as at run time.
// CHECK-LABEL: @forward
// CHECK-DAG: %[[SUM:.*]] = nn.constant dense<[18014398509481985, -3, 9223372036854775807, -9007199254740990]> : tensor<4xi64>
// CHECK-DAG: %[[DIF:.*]] = nn.constant dense<[1, 1, -9223372036854775807, -9007199254740996]> : tensor<4xi64>
// CHECK-DAG: %[[MUL:.*]] = nn.constant dense<[9007199254740992, -9223372036854775806, -9223372036854775808, -27021597764222979]> : tensor<4xi64>
// CHECK-DAG: %[[DIV:.*]] = nn.constant dense<[1, 1, -9223372036854775808, -3002399751580331]> : tensor<4xi64>
// CHECK-DAG: %[[MAX:.*]] = nn.constant dense<[9007199254740993, 9223372036854775807, -1, 3]> : tensor<4xi64>
// CHECK-DAG: %[[EQUAL:.*]] = nn.constant dense<false> : tensor<4xi1>
// CHECK-DAG: %[[LESS:.*]] = nn.constant dense<[true, true, false, false]> : tensor<4xi1>
// CHECK-DAG: %[[CUBE:.*]] = nn.constant dense<[27021597764222977, 9223372036854775807, 0, -27021597764222977]> : tensor<4xi64>
// CHECK-DAG: %[[UMIN:.*]] = nn.constant dense<[18446744073709551614, 9223372036854775807, 9007199254740992, 0]> : tensor<4xui64>
// CHECK-DAG: %[[ULESS:.*]] = nn.constant dense<[true, true, true, false]> : tensor<4xi1>
// CHECK-DAG: %[[UDIV:.*]] = nn.constant dense<[6148914691236517205, 3074457345618258602, 3002399751580331, 0]> : tensor<4xui64>
// CHECK-DAG: %[[SIGNED:.*]] = nn.constant dense<[-1, -9223372036854775808, 9007199254740993, 0]> : tensor<4xi64>
// CHECK-DAG: %[[LOW:.*]] = nn.constant dense<[1, -1, 0, -1]> : tensor<4xi32>
// CHECK-DAG: %[[POWERS:.*]] = nn.constant dense<[1, 9223372036854775807, 0, -27021597764222977]> : tensor<4xi64>
// CHECK: return %[[SUM]], %[[DIF]], %[[MUL]], %[[DIV]], %[[MAX]], %[[EQUAL]], %[[LESS]], %[[CUBE]], %[[UMIN]], %[[ULESS]], %[[UDIV]], %[[SIGNED]], %[[LOW]], %[[POWERS]] :
func.func @main(%x: tensor<96xf32> {nn.name = "x", onnx.dims = []})
    -> (!onnx.value {nn.name = "sum"}, !onnx.value {nn.name = "dif"}, !onnx.value {nn.name = "mul"}, !onnx.value {nn.name = "div"}, !onnx.value {nn.name = "max"}, !onnx.value {nn.name = "equal"}, !onnx.value {nn.name = "less"}, !onnx.value {nn.name = "cube"}, !onnx.value {nn.name = "umin"}, !onnx.value {nn.name = "uless"}, !onnx.value {nn.name = "udiv"}, !onnx.value {nn.name = "signed"}, !onnx.value {nn.name = "low"}, !onnx.value {nn.name = "powers"}) {
  %a = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[9007199254740993, 9223372036854775807, -9223372036854775808, -9007199254740993]> : tensor<4xi64>}, outputs = [""]} : () -> !onnx.value
  %b = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[9007199254740992, 9223372036854775806, -1, 3]> : tensor<4xi64>}, outputs = [""]} : () -> !onnx.value
  %three = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<3> : tensor<i64>}, outputs = [""]} : () -> !onnx.value
  %three_u = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<3> : tensor<ui64>}, outputs = [""]} : () -> !onnx.value
  %sum = onnx.node "Add"(%a, %b) {domain = "", version = 14 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value
  %dif = onnx.node "Sub"(%a, %b) {domain = "", version = 14 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value
  %mul = onnx.node "Mul"(%a, %b) {domain = "", version = 14 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value
  %div = onnx.node "Div"(%a, %b) {domain = "", version = 14 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value
  %max = onnx.node "Max"(%a, %b) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value
  %equal = onnx.node "Equal"(%a, %b) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value
  %less = onnx.node "Less"(%b, %a) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value
  %cube = onnx.node "Pow"(%a, %three) {domain = "", version = 15 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value
  %u = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[18446744073709551615, 9223372036854775808, 9007199254740993, 0]> : tensor<4xui64>}, outputs = [""]} : () -> !onnx.value
  %v = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[18446744073709551614, 9223372036854775807, 9007199254740992, 1]> : tensor<4xui64>}, outputs = [""]} : () -> !onnx.value
  %umin = onnx.node "Min"(%u, %v) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value
  %uless = onnx.node "Less"(%v, %u) {domain = "", version = 13 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value
  %udiv = onnx.node "Div"(%u, %three_u) {domain = "", version = 14 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value
  %signed = onnx.node "Cast"(%u) {domain = "", version = 13 : i64, attrs = {to = 7 : si64}, outputs = [""]} : (!onnx.value) -> !onnx.value
  %low = onnx.node "Cast"(%a) {domain = "", version = 13 : i64, attrs = {to = 6 : si64}, outputs = [""]} : (!onnx.value) -> !onnx.value
  %exponents = onnx.node "Constant"() {domain = "", version = 13 : i64, attrs = {value = dense<[0, 1, 2, 3]> : tensor<4xi64>}, outputs = [""]} : () -> !onnx.value
  %powers = onnx.node "Pow"(%a, %exponents) {domain = "", version = 15 : i64, attrs = {}, outputs = [""]} : (!onnx.value, !onnx.value) -> !onnx.value
  return %sum, %dif, %mul, %div, %max, %equal, %less, %cube, %umin, %uless, %udiv, %signed, %low, %powers : !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value
}
