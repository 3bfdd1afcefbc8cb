// RUN: dpc-codegen-test %s | FileCheck %s
// CHECK: reductions: agrees
// CHECK: shapes: agrees
// CHECK: types: agrees
// CHECK: functions: agrees
// CHECK: dropout: agrees
// CHECK: shared: agrees
// CHECK: after_the_loop: agrees
// CHECK: more_functions: agrees
// CHECK: gathers: agrees
// CHECK: scatters: agrees
// CHECK: casts: agrees
// CHECK: extremes: agrees
// CHECK: large_integers: agrees

func.func @reductions(%x: tensor<3x4x5xf32> {nn.name = "x", nn.role = #nn.role<input>})
    -> (tensor<4x5xf32> {nn.name = "r0", nn.role = #nn.role<output>},
        tensor<3x5xf32> {nn.name = "r1", nn.role = #nn.role<output>},
        tensor<3x4xf32> {nn.name = "r2", nn.role = #nn.role<output>},
        tensor<5xf32> {nn.name = "r01", nn.role = #nn.role<output>},
        tensor<4xf32> {nn.name = "r02", nn.role = #nn.role<output>},
        tensor<f32> {nn.name = "all", nn.role = #nn.role<output>},
        tensor<5xf32> {nn.name = "max", nn.role = #nn.role<output>},
        tensor<3xf32> {nn.name = "nested", nn.role = #nn.role<output>},
        tensor<5xf32> {nn.name = "rows_of_exp", nn.role = #nn.role<output>})
    attributes {nn.program = "reductions"} {
  %r0 = nn.reduce sum %x [0] : tensor<3x4x5xf32>
  %r1 = nn.reduce sum %x [1] : tensor<3x4x5xf32>
  %r2 = nn.reduce max %x [2] : tensor<3x4x5xf32>
  %r01 = nn.reduce sum %x [0, 1] : tensor<3x4x5xf32>
  %r02 = nn.reduce min %x [0, 2] : tensor<3x4x5xf32>
  %all = nn.reduce sum %x [0, 1, 2] : tensor<3x4x5xf32>
  %max = nn.reduce max %x [0, 1] : tensor<3x4x5xf32>
  // exp joins the kernel of the sum, the sum joins that of log, and so on.
  %e = nn.exp %x : tensor<3x4x5xf32>
  %s = nn.reduce sum %e [2] : tensor<3x4x5xf32>
  %l = nn.log %s : tensor<3x4xf32>
  %n = nn.reduce sum %l [1] : tensor<3x4xf32>
  %e2 = nn.exp %x : tensor<3x4x5xf32>
  %q = nn.mul %e2, %x : tensor<3x4x5xf32>
  %re = nn.reduce sum %q [0, 1] : tensor<3x4x5xf32>
  return %r0, %r1, %r2, %r01, %r02, %all, %max, %n, %re : tensor<4x5xf32>, tensor<3x5xf32>, tensor<3x4xf32>, tensor<5xf32>, tensor<4xf32>, tensor<f32>, tensor<5xf32>, tensor<3xf32>, tensor<5xf32>
}

func.func @shapes(%x: tensor<4x6xf32> {nn.name = "x46", nn.role = #nn.role<input>})
    -> (tensor<24xf32> {nn.name = "a", nn.role = #nn.role<output>},
        tensor<6x4xf32> {nn.name = "b", nn.role = #nn.role<output>},
        tensor<2x12xf32> {nn.name = "c", nn.role = #nn.role<output>},
        tensor<4x6xf32> {nn.name = "d", nn.role = #nn.role<output>},
        tensor<4x9xf32> {nn.name = "e", nn.role = #nn.role<output>},
        tensor<2x3xf32> {nn.name = "f", nn.role = #nn.role<output>},
        tensor<4x6xf32> {nn.name = "same", nn.role = #nn.role<output>})
    attributes {nn.program = "shapes"} {
  %a = nn.reshape %x : tensor<4x6xf32> to tensor<24xf32>
  %b = nn.transpose %x [1, 0] : tensor<4x6xf32>
  // A reshape between two elementwise ops: one linear loop.
  %t = nn.tanh %x : tensor<4x6xf32>
  %tr = nn.reshape %t : tensor<4x6xf32> to tensor<2x12xf32>
  %c = nn.mul %tr, %tr : tensor<2x12xf32>
  // An op read at two positions is computed once, in a kernel of its own.
  %e = nn.exp %x : tensor<4x6xf32>
  %s1 = nn.slice %e [0, 1] to [4, 6] step [1, 1] : tensor<4x6xf32>
  %p = nn.pad %s1 low [0, 0] high [0, 1] interior [0, 0] value 0.5 : tensor<4x5xf32>
  %d = nn.sub %e, %p : tensor<4x6xf32>
  %pp = nn.pad %x low [0, 1] high [0, 2] interior [0, 0] value -1.0 : tensor<4x6xf32>
  %f = nn.slice %x [0, 1] to [4, 6] step [2, 2] : tensor<4x6xf32>
  return %a, %b, %c, %d, %pp, %f, %x : tensor<24xf32>, tensor<6x4xf32>, tensor<2x12xf32>, tensor<4x6xf32>, tensor<4x9xf32>, tensor<2x3xf32>, tensor<4x6xf32>
}

func.func @types(%u: tensor<7xui8> {nn.name = "u", nn.role = #nn.role<input>},
    %i: tensor<7xi64> {nn.name = "i", nn.role = #nn.role<input>},
    %b: tensor<7xi1> {nn.name = "b", nn.role = #nn.role<input>},
    %d: tensor<7xf64> {nn.name = "d", nn.role = #nn.role<input>})
    -> (tensor<7xi1> {nn.name = "r0", nn.role = #nn.role<output>},
        tensor<7xui8> {nn.name = "r1", nn.role = #nn.role<output>},
        tensor<7xi32> {nn.name = "r2", nn.role = #nn.role<output>},
        tensor<7xf64> {nn.name = "r3", nn.role = #nn.role<output>},
        tensor<i64> {nn.name = "r4", nn.role = #nn.role<output>},
        tensor<7xf32> {nn.name = "r5", nn.role = #nn.role<output>})
    attributes {nn.program = "types"} {
  %c = nn.constant dense<50> : tensor<7xui8>
  %r0 = nn.compare ge %u, %c : tensor<7xui8>
  %r1 = nn.select %b, %u, %c : tensor<7xui8>
  %r2 = nn.convert %i : tensor<7xi64> to tensor<7xi32>
  %r3 = nn.exp %d : tensor<7xf64>
  %r4 = nn.reduce sum %i [0] : tensor<7xi64>
  %r5 = nn.convert %b : tensor<7xi1> to tensor<7xf32>
  return %r0, %r1, %r2, %r3, %r4, %r5 : tensor<7xi1>, tensor<7xui8>, tensor<7xi32>, tensor<7xf64>, tensor<i64>, tensor<7xf32>
}

func.func @functions(%x: tensor<37x19xf32> {nn.name = "xf", nn.role = #nn.role<input>},
    %p: tensor<37x19xf32> {nn.name = "pf", nn.role = #nn.role<input>, test.range = [0.1, 4.0]})
    -> (tensor<37x19xf32> {nn.name = "tanh", nn.role = #nn.role<output>},
        tensor<37x19xf32> {nn.name = "logistic", nn.role = #nn.role<output>},
        tensor<37x19xf32> {nn.name = "softplus", nn.role = #nn.role<output>},
        tensor<37x19xf32> {nn.name = "pow", nn.role = #nn.role<output>},
        tensor<37x19xf32> {nn.name = "log", nn.role = #nn.role<output>},
        tensor<37x19xf32> {nn.name = "sqrt", nn.role = #nn.role<output>})
    attributes {nn.program = "functions"} {
  %0 = nn.tanh %x : tensor<37x19xf32>
  %1 = nn.logistic %x : tensor<37x19xf32>
  %2 = nn.softplus %x : tensor<37x19xf32>
  %3 = nn.pow %p, %x : tensor<37x19xf32>
  %4 = nn.log %p : tensor<37x19xf32>
  %5 = nn.sqrt %p : tensor<37x19xf32>
  return %0, %1, %2, %3, %4, %5 : tensor<37x19xf32>, tensor<37x19xf32>, tensor<37x19xf32>, tensor<37x19xf32>, tensor<37x19xf32>, tensor<37x19xf32>
}

func.func @dropout(%x: tensor<4x6xf32> {nn.name = "x46", nn.role = #nn.role<input>},
    %seed: tensor<i64> {nn.name = "seed", nn.role = #nn.role<scalar>, test.value = dense<42> : tensor<i64>},
    %step: tensor<i64> {nn.name = "step", nn.role = #nn.role<scalar>, test.value = dense<3> : tensor<i64>})
    -> (tensor<4x6xf32> {nn.name = "y", nn.role = #nn.role<output>})
    attributes {nn.program = "dropout"} {
  %r = nn.random %seed, %step stream = 1 of [4, 6] : tensor<4x6xf32>
  %h = nn.constant dense<0.5> : tensor<4x6xf32>
  %k = nn.compare ge %r, %h : tensor<4x6xf32>
  %z = nn.constant dense<0.0> : tensor<4x6xf32>
  %y = nn.select %k, %x, %z : tensor<4x6xf32>
  return %y : tensor<4x6xf32>
}

// One value for two results, and a constant as a result.
func.func @shared(%x: tensor<4x6xf32> {nn.name = "x46", nn.role = #nn.role<input>})
    -> (tensor<4x6xf32> {nn.name = "a", nn.role = #nn.role<output>},
        tensor<24xf32> {nn.name = "b", nn.role = #nn.role<output>},
        tensor<2x2xf32> {nn.name = "c", nn.role = #nn.role<output>})
    attributes {nn.program = "shared"} {
  %a = nn.exp %x : tensor<4x6xf32>
  %b = nn.reshape %a : tensor<4x6xf32> to tensor<24xf32>
  %c = nn.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  return %a, %b, %c : tensor<4x6xf32>, tensor<24xf32>, tensor<2x2xf32>
}

// w[i] is first read inside of the reduction's loop, then behind it.
func.func @after_the_loop(%x: tensor<4x6xf32> {nn.name = "x46", nn.role = #nn.role<input>},
    %w: tensor<4xf32> {nn.name = "w4", nn.role = #nn.role<input>})
    -> (tensor<4xf32> {nn.name = "a", nn.role = #nn.role<output>})
    attributes {nn.program = "after_the_loop"} {
  %b = nn.broadcast %w [0] : tensor<4xf32> to tensor<4x6xf32>
  %m = nn.mul %x, %b : tensor<4x6xf32>
  %s = nn.reduce sum %m [1] : tensor<4x6xf32>
  %a = nn.add %s, %w : tensor<4xf32>
  return %a : tensor<4xf32>
}

func.func @more_functions(%x: tensor<37x19xf32> {nn.name = "xf", nn.role = #nn.role<input>})
    -> (tensor<37x19xf32> {nn.name = "erf", nn.role = #nn.role<output>},
        tensor<37x19xf32> {nn.name = "sin", nn.role = #nn.role<output>},
        tensor<37x19xf32> {nn.name = "cos", nn.role = #nn.role<output>},
        tensor<37x19xf32> {nn.name = "abs", nn.role = #nn.role<output>},
        tensor<37x19xf32> {nn.name = "floor", nn.role = #nn.role<output>},
        tensor<37x19xf32> {nn.name = "max", nn.role = #nn.role<output>})
    attributes {nn.program = "more_functions"} {
  %0 = nn.erf %x : tensor<37x19xf32>
  %1 = nn.sin %x : tensor<37x19xf32>
  %2 = nn.cos %x : tensor<37x19xf32>
  %3 = nn.abs %x : tensor<37x19xf32>
  %4 = nn.floor %x : tensor<37x19xf32>
  %n = nn.neg %1 : tensor<37x19xf32>
  %5 = nn.max %n, %2 : tensor<37x19xf32>
  return %0, %1, %2, %3, %4, %5 : tensor<37x19xf32>, tensor<37x19xf32>, tensor<37x19xf32>, tensor<37x19xf32>, tensor<37x19xf32>, tensor<37x19xf32>
}

// The table is in memory; what reads the gathered elements joins their kernel.
func.func @gathers(%x: tensor<4x6xf32> {nn.name = "x46", nn.role = #nn.role<input>},
    %i: tensor<3x2xi64> {nn.name = "i32", nn.role = #nn.role<input>, test.value = dense<[[3, 0], [4, -1], [3, 3]]> : tensor<3x2xi64>})
    -> (tensor<3x2x6xf32> {nn.name = "rows", nn.role = #nn.role<output>},
        tensor<4x3x2xf32> {nn.name = "columns", nn.role = #nn.role<output>},
        tensor<4x15xf32> {nn.name = "concat", nn.role = #nn.role<output>})
    attributes {nn.program = "gathers"} {
  %e = nn.exp %x : tensor<4x6xf32>
  %g = nn.gather %e, %i axis = 0 : tensor<4x6xf32>, tensor<3x2xi64>
  %t = nn.tanh %g : tensor<3x2x6xf32>
  %c = nn.gather %x, %i axis = 1 : tensor<4x6xf32>, tensor<3x2xi64>
  %n = nn.neg %x : tensor<4x6xf32>
  %s = nn.slice %x [0, 1] to [4, 4] step [1, 1] : tensor<4x6xf32>
  %j = nn.concat %e, %s, %n dim = 1 : tensor<4x6xf32>, tensor<4x3xf32>, tensor<4x6xf32>
  return %t, %c, %j : tensor<3x2x6xf32>, tensor<4x3x2xf32>, tensor<4x15xf32>
}

// The updates are computed where they are added, the sums read by the next kernel.
func.func @scatters(%x: tensor<4x6xf32> {nn.name = "x46", nn.role = #nn.role<input>},
    %i: tensor<4xi64> {nn.name = "i4", nn.role = #nn.role<input>, test.value = dense<[3, 1, 3, -1]> : tensor<4xi64>},
    %j: tensor<6xui8> {nn.name = "j6", nn.role = #nn.role<input>, test.value = dense<[0, 9, 2, 2, 2, 4]> : tensor<6xui8>})
    -> (tensor<5x6xf32> {nn.name = "rows", nn.role = #nn.role<output>},
        tensor<4x5xf32> {nn.name = "columns", nn.role = #nn.role<output>},
        tensor<4x6xf32> {nn.name = "updates", nn.role = #nn.role<output>})
    attributes {nn.program = "scatters"} {
  %e = nn.exp %x : tensor<4x6xf32>
  %r = nn.scatter_add %i, %e axis = 0 : tensor<4xi64>, tensor<4x6xf32> -> tensor<5x6xf32>
  %t = nn.tanh %r : tensor<5x6xf32>
  %q = nn.mul %x, %x : tensor<4x6xf32>
  %c = nn.scatter_add %j, %q axis = 1 : tensor<6xui8>, tensor<4x6xf32> -> tensor<4x5xf32>
  return %t, %c, %q : tensor<5x6xf32>, tensor<4x5xf32>, tensor<4x6xf32>
}

// Casts to a narrower type and back round.
func.func @casts(
    %x: tensor<6xf32> {nn.name = "casts_x", nn.role = #nn.role<input>,
                       test.value = dense<[1.0009, 2049.0, 65520.0, 1.0e-8, -0.1, 3.14159]> : tensor<6xf32>},
    %y: tensor<6xf64> {nn.name = "casts_y", nn.role = #nn.role<input>,
                       test.value = dense<[0.1, 1.0e-50, 16777217.0, 1.0e300, -0.7, 0.333]> : tensor<6xf64>})
    -> (tensor<6xf32> {nn.name = "half", nn.role = #nn.role<output>},
        tensor<6xf32> {nn.name = "brain", nn.role = #nn.role<output>},
        tensor<6xf32> {nn.name = "product", nn.role = #nn.role<output>},
        tensor<6xf64> {nn.name = "single", nn.role = #nn.role<output>})
    attributes {nn.program = "casts"} {
  %h = nn.convert %x : tensor<6xf32> to tensor<6xf16>
  %half = nn.convert %h : tensor<6xf16> to tensor<6xf32>
  %b = nn.convert %x : tensor<6xf32> to tensor<6xbf16>
  %brain = nn.convert %b : tensor<6xbf16> to tensor<6xf32>
  %xx = nn.mul %x, %x : tensor<6xf32>
  %hh = nn.convert %xx : tensor<6xf32> to tensor<6xf16>
  %xf = nn.convert %hh : tensor<6xf16> to tensor<6xf32>
  %product = nn.sub %xf, %x : tensor<6xf32>
  %s = nn.convert %y : tensor<6xf64> to tensor<6xf32>
  %single = nn.convert %s : tensor<6xf32> to tensor<6xf64>
  return %half, %brain, %product, %single : tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf64>
}

// A NaN is the extreme wherever it stands in a row that is computed by vectors; the
// inverses tell the zeros apart.
func.func @extremes(
    %x: tensor<3x37xf32> {nn.name = "extremes_x", nn.role = #nn.role<input>}, %n: tensor<3xi64> {nn.name = "extremes_n", nn.role = #nn.role<input>, test.value = dense<[0, 17, 36]> : tensor<3xi64>})
    -> (tensor<3xf32> {nn.name = "max", nn.role = #nn.role<output>},
        tensor<3xf32> {nn.name = "min", nn.role = #nn.role<output>},
        tensor<37xf32> {nn.name = "rows", nn.role = #nn.role<output>},
        tensor<3xf32> {nn.name = "inverse_max", nn.role = #nn.role<output>},
        tensor<3xf32> {nn.name = "inverse_min", nn.role = #nn.role<output>},
        tensor<37xf32> {nn.name = "inverse_rows", nn.role = #nn.role<output>})
    attributes {nn.program = "extremes"} {
  %column = nn.iota dim = 1 : tensor<3x37xi64>
  %place = nn.broadcast %n [0] : tensor<3xi64> to tensor<3x37xi64>
  %here = nn.compare eq %column, %place : tensor<3x37xi64>
  %nan = nn.constant dense<0x7FC00000> : tensor<3x37xf32>
  %with = nn.select %here, %nan, %x : tensor<3x37xf32>
  %max = nn.reduce max %with [1] : tensor<3x37xf32>
  %min = nn.reduce min %with [1] : tensor<3x37xf32>
  %rows = nn.reduce max %with [0] : tensor<3x37xf32>
  %plus = nn.constant dense<0.0> : tensor<3x37xf32>
  %minus = nn.constant dense<-0.0> : tensor<3x37xf32>
  %one = nn.constant dense<1.0> : tensor<3xf32>
  %ones = nn.constant dense<1.0> : tensor<37xf32>
  %onePlus = nn.select %here, %plus, %minus : tensor<3x37xf32>
  %zero = nn.reduce max %onePlus [1] : tensor<3x37xf32>
  %inverse_max = nn.div %one, %zero : tensor<3xf32>
  %oneMinus = nn.select %here, %minus, %plus : tensor<3x37xf32>
  %least = nn.reduce min %oneMinus [1] : tensor<3x37xf32>
  %inverse_min = nn.div %one, %least : tensor<3xf32>
  %across = nn.reduce max %onePlus [0] : tensor<3x37xf32>
  %inverse_rows = nn.div %ones, %across : tensor<37xf32>
  return %max, %min, %rows, %inverse_max, %inverse_min, %inverse_rows
      : tensor<3xf32>, tensor<3xf32>, tensor<37xf32>, tensor<3xf32>, tensor<3xf32>, tensor<37xf32>
}

func.func @large_integers(
    %x: tensor<3xi64> {nn.name = "integers_x", nn.role = #nn.role<input>, test.value = dense<[9007199254740993, 9223372036854775807, -9007199254740993]> : tensor<3xi64>})
    -> (tensor<3xi64> {nn.name = "sum", nn.role = #nn.role<output>},
        tensor<3xi1> {nn.name = "equal", nn.role = #nn.role<output>},
        tensor<3xf32> {nn.name = "rounded", nn.role = #nn.role<output>},
        tensor<3xi64> {nn.name = "product", nn.role = #nn.role<output>})
    attributes {nn.program = "large_integers"} {
  %c = nn.constant dense<[9007199254740992, 9223372036854775807, -9007199254740993]> : tensor<3xi64>
  %splat = nn.constant dense<9007199254740993> : tensor<3xi64>
  %sum = nn.add %x, %c : tensor<3xi64>
  %equal = nn.compare eq %x, %c : tensor<3xi64>
  %rounded = nn.convert %x : tensor<3xi64> to tensor<3xf32>
  %product = nn.mul %x, %splat : tensor<3xi64>
  return %sum, %equal, %rounded, %product : tensor<3xi64>, tensor<3xi1>, tensor<3xf32>, tensor<3xi64>
}
