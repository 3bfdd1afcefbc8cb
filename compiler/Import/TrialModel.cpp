//===- TrialModel.cpp - a model to try dpc with ---------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Import/TrialModel.h"

#include "onnx-ml.pb.h"

namespace pb = ::onnx;

static void addValue(pb::ValueInfoProto &value, const char *name,
                     int64_t columns) {
  value.set_name(name);
  pb::TypeProto::Tensor &type = *value.mutable_type()->mutable_tensor_type();
  type.set_elem_type(pb::TensorProto::FLOAT);
  type.mutable_shape()->add_dim()->set_dim_param("batch");
  type.mutable_shape()->add_dim()->set_dim_value(columns);
}

std::string dpc::makeTrialModel() {
  constexpr int64_t rows = 4, columns = 2;
  pb::ModelProto model;
  model.set_ir_version(8);
  model.add_opset_import()->set_version(17);
  pb::GraphProto &graph = *model.mutable_graph();
  graph.set_name("trial");
  addValue(*graph.add_input(), "x", rows);
  addValue(*graph.add_output(), "y", columns);
  pb::TensorProto &weight = *graph.add_initializer();
  weight.set_name("weight");
  weight.set_data_type(pb::TensorProto::FLOAT);
  weight.add_dims(rows);
  weight.add_dims(columns);
  for (int64_t i = 0; i < rows * columns; ++i)
    weight.add_float_data(0);
  pb::NodeProto &node = *graph.add_node();
  node.set_name("product");
  node.set_op_type("MatMul");
  node.add_input("x");
  node.add_input("weight");
  node.add_output("y");
  return model.SerializeAsString();
}
