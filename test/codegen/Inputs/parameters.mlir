module attributes {onnx.model_path = "model.bin"} {
  nn.parameter @"layer/1 \22w\22" : tensor<2x3xf32> from "model.bin"[4, 24]
  nn.parameter @b : tensor<3xi64> from "model.bin"[100, 24]
  nn.parameter @s : tensor<f64> from "model.bin"[32, 8]
}
