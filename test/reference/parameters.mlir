// Parameters read from a file, relative to the model's folder.
// RUN: rm -rf %t && mkdir %t
// RUN: printf 'xx\000\000\200\077\000\000\000\300\001\200\377\001\000\000\000\000\000\000\000\300\077\000\074' > %t/m.bin
// RUN: sed s@DIR@%t@ %s | dpc-opt -test-interpret -o /dev/null | FileCheck %s
// RUN: sed 's@DIR@%t@; s@m.bin@none.bin@' %s | not dpc-opt -test-interpret -o /dev/null 2>&1 | FileCheck %s --check-prefix=MISSING
// RUN: printf 'xx' > %t/m.bin
// RUN: sed s@DIR@%t@ %s | not dpc-opt -test-interpret -o /dev/null 2>&1 | FileCheck %s --check-prefix=SHORT

module attributes {onnx.model_path = "DIR/model.onnx"} {
// MISSING: error: cannot read '{{.*}}none.bin': {{.*}}o such file
// SHORT: error: cannot read '{{.*}}m.bin': the file ends before the parameter
nn.parameter @f32 : tensor<2xf32> from "m.bin"[2, 8]
nn.parameter @i16 : tensor<1xi16> from "m.bin"[10, 2]
nn.parameter @ui8 : tensor<1xui8> from "m.bin"[12, 1]
nn.parameter @i64 : tensor<1xi64> from "m.bin"[13, 8]
nn.parameter @bf16 : tensor<1xbf16> from "m.bin"[21, 2]
nn.parameter @f16 : tensor<1xf16> from "m.bin"[23, 2]

// CHECK: @parameters result 0: [1, -2]
// CHECK: @parameters result 1: [-32767]
// CHECK: @parameters result 2: [255]
// CHECK: @parameters result 3: [1]
// CHECK: @parameters result 4: [1.5]
// CHECK: @parameters result 5: [1]
func.func @parameters(%0: tensor<2xf32> {test.parameter = @f32}, %1: tensor<1xi16> {test.parameter = @i16},
                      %2: tensor<1xui8> {test.parameter = @ui8}, %3: tensor<1xi64> {test.parameter = @i64},
                      %4: tensor<1xbf16> {test.parameter = @bf16}, %5: tensor<1xf16> {test.parameter = @f16})
    -> (tensor<2xf32>, tensor<1xi16>, tensor<1xui8>, tensor<1xi64>, tensor<1xbf16>, tensor<1xf16>) attributes {test.run} {
  return %0, %1, %2, %3, %4, %5 : tensor<2xf32>, tensor<1xi16>, tensor<1xui8>, tensor<1xi64>, tensor<1xbf16>, tensor<1xf16>
}
}
