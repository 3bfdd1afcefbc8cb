// Kernel code against the reference semantics where f64, or an order of operands,
// would make a difference: NaN and -0 in extremes, integers beyond 2^53.
// The sign of a zero counts.
// RUN: dpc-opt %s -test-emit-element -o /dev/null | FileCheck %s

// CHECK: @max_f32: equal
func.func @max_f32(%a: tensor<7xf32> {test.value = dense<[0.0, -0.0, -0.0, 0x7FC00000, 1.0, 0x7F800000, 2.0]> : tensor<7xf32>}, %b: tensor<7xf32> {test.value = dense<[-0.0, 0.0, -0.0, 1.0, 0x7FC00000, 0x7FC00000, 3.0]> : tensor<7xf32>}) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.max %a, %b : tensor<7xf32>
  return %0 : tensor<7xf32>
}
// CHECK: @reduce_max_f32: equal
func.func @reduce_max_f32(%x: tensor<4x3xf32> {test.value = dense<[[0.0, -0.0, 0.0], [-0.0, -0.0, -0.0], [1.0, 0x7FC00000, 2.0], [0x7FC00000, 0x7F800000, 0xFF800000]]> : tensor<4x3xf32>}) -> tensor<4xf32> attributes {test.emit} {
  %0 = nn.reduce max %x [1] : tensor<4x3xf32>
  return %0 : tensor<4xf32>
}
// CHECK: @reduce_max_rows_f32: equal
func.func @reduce_max_rows_f32(%x: tensor<4x3xf32> {test.value = dense<[[0.0, -0.0, 0x7FC00000], [-0.0, -0.0, 1.0], [0.0, 0.0, 2.0], [-0.0, 0.0, 3.0]]> : tensor<4x3xf32>}) -> tensor<3xf32> attributes {test.emit} {
  %0 = nn.reduce max %x [0] : tensor<4x3xf32>
  return %0 : tensor<3xf32>
}
// CHECK: @min_f32: equal
func.func @min_f32(%a: tensor<7xf32> {test.value = dense<[0.0, -0.0, -0.0, 0x7FC00000, 1.0, 0x7F800000, 2.0]> : tensor<7xf32>}, %b: tensor<7xf32> {test.value = dense<[-0.0, 0.0, -0.0, 1.0, 0x7FC00000, 0x7FC00000, 3.0]> : tensor<7xf32>}) -> tensor<7xf32> attributes {test.emit} {
  %0 = nn.min %a, %b : tensor<7xf32>
  return %0 : tensor<7xf32>
}
// CHECK: @reduce_min_f32: equal
func.func @reduce_min_f32(%x: tensor<4x3xf32> {test.value = dense<[[0.0, -0.0, 0.0], [-0.0, -0.0, -0.0], [1.0, 0x7FC00000, 2.0], [0x7FC00000, 0x7F800000, 0xFF800000]]> : tensor<4x3xf32>}) -> tensor<4xf32> attributes {test.emit} {
  %0 = nn.reduce min %x [1] : tensor<4x3xf32>
  return %0 : tensor<4xf32>
}
// CHECK: @reduce_min_rows_f32: equal
func.func @reduce_min_rows_f32(%x: tensor<4x3xf32> {test.value = dense<[[0.0, -0.0, 0x7FC00000], [-0.0, -0.0, 1.0], [0.0, 0.0, 2.0], [-0.0, 0.0, 3.0]]> : tensor<4x3xf32>}) -> tensor<3xf32> attributes {test.emit} {
  %0 = nn.reduce min %x [0] : tensor<4x3xf32>
  return %0 : tensor<3xf32>
}
// CHECK: @add_i64: equal
func.func @add_i64(%a: tensor<5xi64> {test.value = dense<[9223372036854775807, -9223372036854775808, 9007199254740993, -9007199254740993, 5]> : tensor<5xi64>}, %b: tensor<5xi64> {test.value = dense<[9223372036854775806, -1, 9007199254740992, 9007199254740995, -7]> : tensor<5xi64>}) -> tensor<5xi64> attributes {test.emit} {
  %0 = nn.add %a, %b : tensor<5xi64>
  return %0 : tensor<5xi64>
}
// CHECK: @sub_i64: equal
func.func @sub_i64(%a: tensor<5xi64> {test.value = dense<[9223372036854775807, -9223372036854775808, 9007199254740993, -9007199254740993, 5]> : tensor<5xi64>}, %b: tensor<5xi64> {test.value = dense<[9223372036854775806, -1, 9007199254740992, 9007199254740995, -7]> : tensor<5xi64>}) -> tensor<5xi64> attributes {test.emit} {
  %0 = nn.sub %a, %b : tensor<5xi64>
  return %0 : tensor<5xi64>
}
// CHECK: @mul_i64: equal
func.func @mul_i64(%a: tensor<5xi64> {test.value = dense<[9223372036854775807, -9223372036854775808, 9007199254740993, -9007199254740993, 5]> : tensor<5xi64>}, %b: tensor<5xi64> {test.value = dense<[9223372036854775806, -1, 9007199254740992, 9007199254740995, -7]> : tensor<5xi64>}) -> tensor<5xi64> attributes {test.emit} {
  %0 = nn.mul %a, %b : tensor<5xi64>
  return %0 : tensor<5xi64>
}
// CHECK: @div_i64: equal
func.func @div_i64(%a: tensor<5xi64> {test.value = dense<[9223372036854775807, -9223372036854775808, 9007199254740993, -9007199254740993, 5]> : tensor<5xi64>}, %b: tensor<5xi64> {test.value = dense<[9223372036854775806, -1, 9007199254740992, 9007199254740995, -7]> : tensor<5xi64>}) -> tensor<5xi64> attributes {test.emit} {
  %0 = nn.div %a, %b : tensor<5xi64>
  return %0 : tensor<5xi64>
}
// CHECK: @max_i64: equal
func.func @max_i64(%a: tensor<5xi64> {test.value = dense<[9223372036854775807, -9223372036854775808, 9007199254740993, -9007199254740993, 5]> : tensor<5xi64>}, %b: tensor<5xi64> {test.value = dense<[9223372036854775806, -1, 9007199254740992, 9007199254740995, -7]> : tensor<5xi64>}) -> tensor<5xi64> attributes {test.emit} {
  %0 = nn.max %a, %b : tensor<5xi64>
  return %0 : tensor<5xi64>
}
// CHECK: @min_i64: equal
func.func @min_i64(%a: tensor<5xi64> {test.value = dense<[9223372036854775807, -9223372036854775808, 9007199254740993, -9007199254740993, 5]> : tensor<5xi64>}, %b: tensor<5xi64> {test.value = dense<[9223372036854775806, -1, 9007199254740992, 9007199254740995, -7]> : tensor<5xi64>}) -> tensor<5xi64> attributes {test.emit} {
  %0 = nn.min %a, %b : tensor<5xi64>
  return %0 : tensor<5xi64>
}
// CHECK: @compare_eq_i64: equal
func.func @compare_eq_i64(%a: tensor<5xi64> {test.value = dense<[9223372036854775807, -9223372036854775808, 9007199254740993, -9007199254740993, 5]> : tensor<5xi64>}, %b: tensor<5xi64> {test.value = dense<[9223372036854775806, -1, 9007199254740992, 9007199254740995, -7]> : tensor<5xi64>}) -> tensor<5xi1> attributes {test.emit} {
  %0 = nn.compare eq %a, %b : tensor<5xi64>
  return %0 : tensor<5xi1>
}
// CHECK: @compare_lt_i64: equal
func.func @compare_lt_i64(%a: tensor<5xi64> {test.value = dense<[9223372036854775807, -9223372036854775808, 9007199254740993, -9007199254740993, 5]> : tensor<5xi64>}, %b: tensor<5xi64> {test.value = dense<[9223372036854775806, -1, 9007199254740992, 9007199254740995, -7]> : tensor<5xi64>}) -> tensor<5xi1> attributes {test.emit} {
  %0 = nn.compare lt %a, %b : tensor<5xi64>
  return %0 : tensor<5xi1>
}
// CHECK: @compare_ge_i64: equal
func.func @compare_ge_i64(%a: tensor<5xi64> {test.value = dense<[9223372036854775807, -9223372036854775808, 9007199254740993, -9007199254740993, 5]> : tensor<5xi64>}, %b: tensor<5xi64> {test.value = dense<[9223372036854775806, -1, 9007199254740992, 9007199254740995, -7]> : tensor<5xi64>}) -> tensor<5xi1> attributes {test.emit} {
  %0 = nn.compare ge %a, %b : tensor<5xi64>
  return %0 : tensor<5xi1>
}
// CHECK: @reduce_sum_i64: equal
func.func @reduce_sum_i64(%a: tensor<5xi64> {test.value = dense<[9223372036854775807, -9223372036854775808, 9007199254740993, -9007199254740993, 5]> : tensor<5xi64>}) -> tensor<i64> attributes {test.emit} {
  %0 = nn.reduce sum %a [0] : tensor<5xi64>
  return %0 : tensor<i64>
}
// CHECK: @reduce_max_i64: equal
func.func @reduce_max_i64(%a: tensor<5xi64> {test.value = dense<[9223372036854775807, -9223372036854775808, 9007199254740993, -9007199254740993, 5]> : tensor<5xi64>}) -> tensor<i64> attributes {test.emit} {
  %0 = nn.reduce max %a [0] : tensor<5xi64>
  return %0 : tensor<i64>
}
// CHECK: @reduce_min_i64: equal
func.func @reduce_min_i64(%a: tensor<5xi64> {test.value = dense<[9223372036854775807, -9223372036854775808, 9007199254740993, -9007199254740993, 5]> : tensor<5xi64>}) -> tensor<i64> attributes {test.emit} {
  %0 = nn.reduce min %a [0] : tensor<5xi64>
  return %0 : tensor<i64>
}
// CHECK: @dot_i64: equal
func.func @dot_i64(%a: tensor<5xi64> {test.value = dense<[9223372036854775807, -9223372036854775808, 9007199254740993, -9007199254740993, 5]> : tensor<5xi64>}, %b: tensor<5xi64> {test.value = dense<[9223372036854775806, -1, 9007199254740992, 9007199254740995, -7]> : tensor<5xi64>}) -> tensor<i64> attributes {test.emit} {
  %0 = nn.dot %a, %b batch [] x [] contract [0] x [0] : tensor<5xi64>, tensor<5xi64> -> tensor<i64>
  return %0 : tensor<i64>
}
// CHECK: @convert_i64_f64: equal
func.func @convert_i64_f64(%a: tensor<5xi64> {test.value = dense<[9223372036854775807, -9223372036854775808, 9007199254740993, -9007199254740993, 5]> : tensor<5xi64>}) -> tensor<5xf64> attributes {test.emit} {
  %0 = nn.convert %a : tensor<5xi64> to tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @convert_i64_f32: equal
func.func @convert_i64_f32(%a: tensor<5xi64> {test.value = dense<[9223372036854775807, -9223372036854775808, 9007199254740993, -9007199254740993, 5]> : tensor<5xi64>}) -> tensor<5xf32> attributes {test.emit} {
  %0 = nn.convert %a : tensor<5xi64> to tensor<5xf32>
  return %0 : tensor<5xf32>
}
// CHECK: @convert_i64_i32: equal
func.func @convert_i64_i32(%a: tensor<5xi64> {test.value = dense<[9223372036854775807, -9223372036854775808, 9007199254740993, -9007199254740993, 5]> : tensor<5xi64>}) -> tensor<5xi32> attributes {test.emit} {
  %0 = nn.convert %a : tensor<5xi64> to tensor<5xi32>
  return %0 : tensor<5xi32>
}
// CHECK: @convert_i64_ui8: equal
func.func @convert_i64_ui8(%a: tensor<5xi64> {test.value = dense<[9223372036854775807, -9223372036854775808, 9007199254740993, -9007199254740993, 5]> : tensor<5xi64>}) -> tensor<5xui8> attributes {test.emit} {
  %0 = nn.convert %a : tensor<5xi64> to tensor<5xui8>
  return %0 : tensor<5xui8>
}
// CHECK: @constant_i64: equal
func.func @constant_i64() -> tensor<5xi64> attributes {test.emit} {
  %0 = nn.constant dense<[9223372036854775807, -9223372036854775808, 9007199254740993, -9007199254740993, 5]> : tensor<5xi64>
  return %0 : tensor<5xi64>
}
// CHECK: @add_ui64: equal
func.func @add_ui64(%a: tensor<5xui64> {test.value = dense<[18446744073709551615, 9223372036854775808, 9007199254740993, 0, 5]> : tensor<5xui64>}, %b: tensor<5xui64> {test.value = dense<[18446744073709551614, 9223372036854775807, 9007199254740992, 0, 7]> : tensor<5xui64>}) -> tensor<5xui64> attributes {test.emit} {
  %0 = nn.add %a, %b : tensor<5xui64>
  return %0 : tensor<5xui64>
}
// CHECK: @sub_ui64: equal
func.func @sub_ui64(%a: tensor<5xui64> {test.value = dense<[18446744073709551615, 9223372036854775808, 9007199254740993, 0, 5]> : tensor<5xui64>}, %b: tensor<5xui64> {test.value = dense<[18446744073709551614, 9223372036854775807, 9007199254740992, 0, 7]> : tensor<5xui64>}) -> tensor<5xui64> attributes {test.emit} {
  %0 = nn.sub %a, %b : tensor<5xui64>
  return %0 : tensor<5xui64>
}
// CHECK: @mul_ui64: equal
func.func @mul_ui64(%a: tensor<5xui64> {test.value = dense<[18446744073709551615, 9223372036854775808, 9007199254740993, 0, 5]> : tensor<5xui64>}, %b: tensor<5xui64> {test.value = dense<[18446744073709551614, 9223372036854775807, 9007199254740992, 0, 7]> : tensor<5xui64>}) -> tensor<5xui64> attributes {test.emit} {
  %0 = nn.mul %a, %b : tensor<5xui64>
  return %0 : tensor<5xui64>
}
// CHECK: @div_ui64: equal
func.func @div_ui64(%a: tensor<5xui64> {test.value = dense<[18446744073709551615, 9223372036854775808, 9007199254740993, 0, 5]> : tensor<5xui64>}, %b: tensor<5xui64> {test.value = dense<[18446744073709551614, 9223372036854775807, 9007199254740992, 0, 7]> : tensor<5xui64>}) -> tensor<5xui64> attributes {test.emit} {
  %0 = nn.div %a, %b : tensor<5xui64>
  return %0 : tensor<5xui64>
}
// CHECK: @max_ui64: equal
func.func @max_ui64(%a: tensor<5xui64> {test.value = dense<[18446744073709551615, 9223372036854775808, 9007199254740993, 0, 5]> : tensor<5xui64>}, %b: tensor<5xui64> {test.value = dense<[18446744073709551614, 9223372036854775807, 9007199254740992, 0, 7]> : tensor<5xui64>}) -> tensor<5xui64> attributes {test.emit} {
  %0 = nn.max %a, %b : tensor<5xui64>
  return %0 : tensor<5xui64>
}
// CHECK: @min_ui64: equal
func.func @min_ui64(%a: tensor<5xui64> {test.value = dense<[18446744073709551615, 9223372036854775808, 9007199254740993, 0, 5]> : tensor<5xui64>}, %b: tensor<5xui64> {test.value = dense<[18446744073709551614, 9223372036854775807, 9007199254740992, 0, 7]> : tensor<5xui64>}) -> tensor<5xui64> attributes {test.emit} {
  %0 = nn.min %a, %b : tensor<5xui64>
  return %0 : tensor<5xui64>
}
// CHECK: @compare_eq_ui64: equal
func.func @compare_eq_ui64(%a: tensor<5xui64> {test.value = dense<[18446744073709551615, 9223372036854775808, 9007199254740993, 0, 5]> : tensor<5xui64>}, %b: tensor<5xui64> {test.value = dense<[18446744073709551614, 9223372036854775807, 9007199254740992, 0, 7]> : tensor<5xui64>}) -> tensor<5xi1> attributes {test.emit} {
  %0 = nn.compare eq %a, %b : tensor<5xui64>
  return %0 : tensor<5xi1>
}
// CHECK: @compare_lt_ui64: equal
func.func @compare_lt_ui64(%a: tensor<5xui64> {test.value = dense<[18446744073709551615, 9223372036854775808, 9007199254740993, 0, 5]> : tensor<5xui64>}, %b: tensor<5xui64> {test.value = dense<[18446744073709551614, 9223372036854775807, 9007199254740992, 0, 7]> : tensor<5xui64>}) -> tensor<5xi1> attributes {test.emit} {
  %0 = nn.compare lt %a, %b : tensor<5xui64>
  return %0 : tensor<5xi1>
}
// CHECK: @compare_ge_ui64: equal
func.func @compare_ge_ui64(%a: tensor<5xui64> {test.value = dense<[18446744073709551615, 9223372036854775808, 9007199254740993, 0, 5]> : tensor<5xui64>}, %b: tensor<5xui64> {test.value = dense<[18446744073709551614, 9223372036854775807, 9007199254740992, 0, 7]> : tensor<5xui64>}) -> tensor<5xi1> attributes {test.emit} {
  %0 = nn.compare ge %a, %b : tensor<5xui64>
  return %0 : tensor<5xi1>
}
// CHECK: @reduce_sum_ui64: equal
func.func @reduce_sum_ui64(%a: tensor<5xui64> {test.value = dense<[18446744073709551615, 9223372036854775808, 9007199254740993, 0, 5]> : tensor<5xui64>}) -> tensor<ui64> attributes {test.emit} {
  %0 = nn.reduce sum %a [0] : tensor<5xui64>
  return %0 : tensor<ui64>
}
// CHECK: @reduce_max_ui64: equal
func.func @reduce_max_ui64(%a: tensor<5xui64> {test.value = dense<[18446744073709551615, 9223372036854775808, 9007199254740993, 0, 5]> : tensor<5xui64>}) -> tensor<ui64> attributes {test.emit} {
  %0 = nn.reduce max %a [0] : tensor<5xui64>
  return %0 : tensor<ui64>
}
// CHECK: @reduce_min_ui64: equal
func.func @reduce_min_ui64(%a: tensor<5xui64> {test.value = dense<[18446744073709551615, 9223372036854775808, 9007199254740993, 0, 5]> : tensor<5xui64>}) -> tensor<ui64> attributes {test.emit} {
  %0 = nn.reduce min %a [0] : tensor<5xui64>
  return %0 : tensor<ui64>
}
// CHECK: @dot_ui64: equal
func.func @dot_ui64(%a: tensor<5xui64> {test.value = dense<[18446744073709551615, 9223372036854775808, 9007199254740993, 0, 5]> : tensor<5xui64>}, %b: tensor<5xui64> {test.value = dense<[18446744073709551614, 9223372036854775807, 9007199254740992, 0, 7]> : tensor<5xui64>}) -> tensor<ui64> attributes {test.emit} {
  %0 = nn.dot %a, %b batch [] x [] contract [0] x [0] : tensor<5xui64>, tensor<5xui64> -> tensor<ui64>
  return %0 : tensor<ui64>
}
// CHECK: @convert_ui64_f64: equal
func.func @convert_ui64_f64(%a: tensor<5xui64> {test.value = dense<[18446744073709551615, 9223372036854775808, 9007199254740993, 0, 5]> : tensor<5xui64>}) -> tensor<5xf64> attributes {test.emit} {
  %0 = nn.convert %a : tensor<5xui64> to tensor<5xf64>
  return %0 : tensor<5xf64>
}
// CHECK: @convert_ui64_f32: equal
func.func @convert_ui64_f32(%a: tensor<5xui64> {test.value = dense<[18446744073709551615, 9223372036854775808, 9007199254740993, 0, 5]> : tensor<5xui64>}) -> tensor<5xf32> attributes {test.emit} {
  %0 = nn.convert %a : tensor<5xui64> to tensor<5xf32>
  return %0 : tensor<5xf32>
}
// CHECK: @convert_ui64_i32: equal
func.func @convert_ui64_i32(%a: tensor<5xui64> {test.value = dense<[18446744073709551615, 9223372036854775808, 9007199254740993, 0, 5]> : tensor<5xui64>}) -> tensor<5xi32> attributes {test.emit} {
  %0 = nn.convert %a : tensor<5xui64> to tensor<5xi32>
  return %0 : tensor<5xi32>
}
// CHECK: @convert_ui64_ui8: equal
func.func @convert_ui64_ui8(%a: tensor<5xui64> {test.value = dense<[18446744073709551615, 9223372036854775808, 9007199254740993, 0, 5]> : tensor<5xui64>}) -> tensor<5xui8> attributes {test.emit} {
  %0 = nn.convert %a : tensor<5xui64> to tensor<5xui8>
  return %0 : tensor<5xui8>
}
// CHECK: @constant_ui64: equal
func.func @constant_ui64() -> tensor<5xui64> attributes {test.emit} {
  %0 = nn.constant dense<[18446744073709551615, 9223372036854775808, 9007199254740993, 0, 5]> : tensor<5xui64>
  return %0 : tensor<5xui64>
}
// CHECK: @neg_i64: equal
func.func @neg_i64(%a: tensor<5xi64> {test.value = dense<[9223372036854775807, -9223372036854775808, 9007199254740993, -9007199254740993, 5]> : tensor<5xi64>}) -> tensor<5xi64> attributes {test.emit} {
  %0 = nn.neg %a : tensor<5xi64>
  return %0 : tensor<5xi64>
}
// CHECK: @abs_i64: equal
func.func @abs_i64(%a: tensor<5xi64> {test.value = dense<[9223372036854775807, -9223372036854775808, 9007199254740993, -9007199254740993, 5]> : tensor<5xi64>}) -> tensor<5xi64> attributes {test.emit} {
  %0 = nn.abs %a : tensor<5xi64>
  return %0 : tensor<5xi64>
}
// CHECK: @relu_i64: equal
func.func @relu_i64(%a: tensor<5xi64> {test.value = dense<[9223372036854775807, -9223372036854775808, 9007199254740993, -9007199254740993, 5]> : tensor<5xi64>}) -> tensor<5xi64> attributes {test.emit} {
  %0 = nn.relu %a : tensor<5xi64>
  return %0 : tensor<5xi64>
}
// CHECK: @round_to_i64: equal
func.func @round_to_i64(%x: tensor<4xf64> {test.value = dense<[9007199254740993.0, -4611686018427387904.0, -9223372036854775808.0, 4611686018427387905.5]> : tensor<4xf64>}) -> tensor<4xi64> attributes {test.emit} {
  %0 = nn.convert %x : tensor<4xf64> to tensor<4xi64>
  return %0 : tensor<4xi64>
}
// CHECK: @gather_i64: equal
func.func @gather_i64(%a: tensor<5xi64> {test.value = dense<[9223372036854775807, -9223372036854775808, 9007199254740993, -9007199254740993, 5]> : tensor<5xi64>}, %i: tensor<3xi64> {test.value = dense<[0, 3, 1]> : tensor<3xi64>}) -> tensor<3xi64> attributes {test.emit} {
  %0 = nn.gather %a, %i axis = 0 : tensor<5xi64>, tensor<3xi64>
  return %0 : tensor<3xi64>
}
// CHECK: @scatter_i64: equal
func.func @scatter_i64(%i: tensor<5xi64> {test.value = dense<[0, 1, 0, 1, 1]> : tensor<5xi64>}, %a: tensor<5xi64> {test.value = dense<[9223372036854775807, -9223372036854775808, 9007199254740993, -9007199254740993, 5]> : tensor<5xi64>}) -> tensor<2xi64> attributes {test.emit} {
  %0 = nn.scatter_add %i, %a axis = 0 : tensor<5xi64>, tensor<5xi64> -> tensor<2xi64>
  return %0 : tensor<2xi64>
}
