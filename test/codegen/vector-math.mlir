// The functions are vectorized through glibc's libmvec; exp, and log of f32, are arithmetic.
// RUN: dpc-codegen-test %s --ir --cpu=x86-64-v4 | FileCheck %s --check-prefix=AVX512 --implicit-check-not="{{_exp|_log|call.*@exp|call.*@log}}"
// RUN: dpc-codegen-test %s --ir --cpu=x86-64-v3 | FileCheck %s --check-prefix=AVX2
// RUN: dpc-codegen-test %s | FileCheck %s --check-prefix=VALUES

// AVX512-DAG: call{{.*}} <16 x float> @_ZGVeN16v_tanhf
// AVX512-DAG: call{{.*}} <16 x float> @_ZGVeN16vv_powf
// AVX512-DAG: add <16 x i32>
// AVX512-DAG: add <8 x i64>
// AVX2-DAG: call{{.*}} <8 x float> @_ZGVdN8v_tanhf
// AVX2-DAG: call{{.*}} <8 x float> @_ZGVdN8vv_powf
// AVX2-DAG: add <8 x i32>
// AVX2-DAG: add <4 x i64>
// VALUES: f: agrees

func.func @f(%x: tensor<64x128xf32> {nn.name = "x", nn.role = #nn.role<input>},
    %p: tensor<64x128xf32> {nn.name = "p", nn.role = #nn.role<input>, test.range = [0.1, 4.0]},
    %d: tensor<64x128xf64> {nn.name = "d", nn.role = #nn.role<input>})
    -> (tensor<64x128xf32> {nn.name = "tanh", nn.role = #nn.role<output>},
        tensor<64x128xf32> {nn.name = "logistic", nn.role = #nn.role<output>},
        tensor<64x128xf32> {nn.name = "softplus", nn.role = #nn.role<output>},
        tensor<64x128xf32> {nn.name = "pow", nn.role = #nn.role<output>},
        tensor<64x128xf32> {nn.name = "log", nn.role = #nn.role<output>},
        tensor<64x128xf64> {nn.name = "exp", nn.role = #nn.role<output>})
    attributes {nn.program = "f"} {
  %0 = nn.tanh %x : tensor<64x128xf32>
  %1 = nn.logistic %x : tensor<64x128xf32>
  %2 = nn.softplus %x : tensor<64x128xf32>
  %3 = nn.pow %p, %x : tensor<64x128xf32>
  %4 = nn.log %p : tensor<64x128xf32>
  %5 = nn.exp %d : tensor<64x128xf64>
  return %0, %1, %2, %3, %4, %5 : tensor<64x128xf32>, tensor<64x128xf32>, tensor<64x128xf32>, tensor<64x128xf32>, tensor<64x128xf32>, tensor<64x128xf64>
}
