// Random numbers against the known answers of the Random123 library, and
// independent of how the tensor is split.
// RUN: dpc-opt %s -test-interpret -o /dev/null | FileCheck %s

// Key 0, counter 0: 6627e8d5. 0x6627e8 * 2^-24 = 0.39904642...
// CHECK: @known_answer_zeros result 0: [0.399046421]
func.func @known_answer_zeros() -> tensor<1xf32> attributes {test.run} {
  %0 = nn.constant dense<0> : tensor<i64>
  %1 = nn.random %0, %0 stream = 0 of [1] : tensor<1xf32>
  return %1 : tensor<1xf32>
}

// Key and counter all ones: 408f276d. Element -1 of stream 2^32 - 1; the step,
// 0x9E3779B8, xor the stream's multiple of the golden ratio is all ones.
// CHECK: @known_answer_ones result 0: [0.252184331]
func.func @known_answer_ones() -> tensor<1xf32> attributes {test.run} {
  %seed = nn.constant dense<-1> : tensor<i64>
  %step = nn.constant dense<2654435768> : tensor<i64>
  %1 = nn.random %seed, %step offsets (%seed) stream = 4294967295 of [1] : tensor<1xf32>
  return %1 : tensor<1xf32>
}

// The second rows of a whole and the first of a part that starts there.
// CHECK: @split result 0: [[ROW0:.*]], [[A:0\.[0-9]+]], [[B:0\.[0-9]+]]]
// CHECK: @split result 1: {{\[}}[[A]], [[B]]]
// Another step, and another stream, is another number.
// CHECK-NOT: @split result 2: {{\[}}[[A]]
// CHECK-NOT: @split result 3: {{\[}}[[A]]
// CHECK: @split result 2:
// CHECK: @split result 3:
func.func @split(%seed: tensor<i64> {test.value = dense<7> : tensor<i64>},
                 %step: tensor<i64> {test.value = dense<1> : tensor<i64>})
    -> (tensor<2x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>) attributes {test.run} {
  %zero = nn.constant dense<0> : tensor<i64>
  %one = nn.constant dense<1> : tensor<i64>
  %0 = nn.random %seed, %step stream = 3 of [2, 2] : tensor<2x2xf32>
  %1 = nn.random %seed, %step offsets (%one, %zero) stream = 3 of [2, 2] : tensor<1x2xf32>
  %2 = nn.random %seed, %zero offsets (%one, %zero) stream = 3 of [2, 2] : tensor<1x2xf32>
  %3 = nn.random %seed, %step offsets (%one, %zero) stream = 4 of [2, 2] : tensor<1x2xf32>
  return %0, %1, %2, %3 : tensor<2x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>, tensor<1x2xf32>
}
