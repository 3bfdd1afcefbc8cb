//===- LegalizeML.cpp - Linear models and scalers of ai.onnx.ml -----------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What scikit-learn's linear models, perceptrons and scalers are written as.
// Their numbers are attributes, and so constants of the program. Results are
// f32 whatever the operand is.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/Composed.h"
#include "passes/Legalize/Index.h"
#include "passes/Legalize/LegalizeTable.h"
#include "passes/Legalize/Norms.h"

#include <cmath>

using namespace mlir;

namespace dpc::legalize {
namespace {

using nn::CompareDirection;

/// Operand 'X' as numbers of f32, [rows, features], or a vector of one row.
LogicalResult getFeatures(Binder &node, Value &x) {
  if (failed(node.getInput(0, "X", x)) || failed(node.checkNumber(x, "X")))
    return failure();
  RankedTensorType type = nn::tensorType(x);
  if (type.getRank() != 1 && type.getRank() != 2)
    return node.emitError()
           << "input 'X' must have 1 or 2 dimensions, not " << type;
  nn::Math &m = node.getMath();
  x = m.convert(x, node.getBuilder().getF32Type());
  if (type.getRank() == 1)
    x = m.reshape(x, {1, type.getDimSize(0)});
  return success();
}

/// The numbers of an attribute, none where it is missing.
LogicalResult getFloats(Binder &node, StringRef name, ArrayRef<float> &values) {
  values = {};
  Attribute attr = node.getAttr(name);
  if (!attr)
    return success();
  auto floats = dyn_cast<DenseF32ArrayAttr>(attr);
  if (!floats)
    return node.emitError()
           << "attribute '" << name << "' must be a list of floats";
  values = floats.asArrayRef();
  return success();
}

Value buildConstant(Binder &node, ArrayRef<float> values,
                    ArrayRef<int64_t> shape) {
  auto type = RankedTensorType::get(shape, node.getBuilder().getF32Type());
  return nn::ConstantOp::create(node.getBuilder(), node.getLoc(),
                                DenseElementsAttr::get(type, values));
}

/// One number for every feature of `x`, or for all of them, repeated along the
/// rows; null where the attribute is missing.
LogicalResult getPerFeature(Binder &node, StringRef name, Value x,
                            Value &result) {
  ArrayRef<float> values;
  if (failed(getFloats(node, name, values)))
    return failure();
  ArrayRef<int64_t> shape = nn::tensorType(x).getShape();
  auto count = static_cast<int64_t>(values.size());
  result = {};
  if (values.empty())
    return success();
  if (count != 1 && count != shape[1])
    return node.emitError() << "attribute '" << name << "' has " << count
                            << " numbers for " << shape[1] << " features";
  result =
      node.getMath().broadcastNumpy(buildConstant(node, values, count), shape);
  return success();
}

/// (X - offset) * scale.
LogicalResult legalizeScaler(Binder &node) {
  Value x, offset, scale;
  if (failed(getFeatures(node, x)) ||
      failed(getPerFeature(node, "offset", x, offset)) ||
      failed(getPerFeature(node, "scale", x, scale)))
    return failure();
  nn::Math &m = node.getMath();
  Value y = offset ? m.sub(x, offset) : x;
  if (scale)
    y = m.mul(y, scale);
  node.setResult(0, y);
  return success();
}

/// Divides every row by its greatest element, its sum of sizes or its length;
/// one of zeros stays as it is.
LogicalResult legalizeNormalizer(Binder &node) {
  Value x;
  std::string norm = "MAX";
  if (failed(getFeatures(node, x)) || failed(node.getString("norm", norm)))
    return failure();
  nn::Math &m = node.getMath();
  if (norm == "MAX") {
    ArrayRef<int64_t> shape = nn::tensorType(x).getShape();
    Value max = m.reduce(nn::ReduceKind::Max, x, {1});
    Value isZero = m.compare(max, CompareDirection::EQ, m.constant(max, 0.0));
    max = m.select(isZero, m.constant(max, 1.0), max);
    node.setResult(0, m.div(x, m.unreduce(max, shape, {1})));
    return success();
  }
  if (norm != "L1" && norm != "L2")
    return node.emitError()
           << "unknown norm '" << norm << "'; MAX, L1 and L2 are known";
  node.setResult(0, buildLpNormalization(m, x, 1, norm == "L1" ? 1 : 2));
  return success();
}

/// Puts a number in place of missing ones.
LogicalResult legalizeImputer(Binder &node) {
  Value x, imputed;
  double replaced = 0;
  if (failed(getFeatures(node, x)) ||
      failed(node.getFloat("replaced_value_float", replaced)) ||
      failed(getPerFeature(node, "imputed_value_floats", x, imputed)))
    return failure();
  if (!imputed)
    return node.emitError()
           << "is only supported by dpc with 'imputed_value_floats'";
  nn::Math &m = node.getMath();
  Value isMissing = std::isnan(replaced) ? m.compare(x, CompareDirection::NE, x)
                                         : m.compare(x, CompareDirection::EQ,
                                                     m.constant(x, replaced));
  node.setResult(0, m.select(isMissing, imputed, x));
  return success();
}

LogicalResult legalizeBinarizer(Binder &node) {
  Value x;
  double threshold = 0;
  if (failed(getFeatures(node, x)) ||
      failed(node.getFloat("threshold", threshold)))
    return failure();
  nn::Math &m = node.getMath();
  node.setResult(
      0, m.convert(m.compare(x, CompareDirection::GT, m.constant(x, threshold)),
                   nn::tensorType(x).getElementType()));
  return success();
}

//===----------------------------------------------------------------------===//
// Linear models
//===----------------------------------------------------------------------===//

/// x * coefficients^T + intercepts, of as many results as `count`, or as there
/// are intercepts where it is 0.
LogicalResult buildLinear(Binder &node, int64_t count, Value &scores) {
  Value x;
  ArrayRef<float> coefficients, intercepts;
  if (failed(getFeatures(node, x)) ||
      failed(getFloats(node, "coefficients", coefficients)) ||
      failed(getFloats(node, "intercepts", intercepts)))
    return failure();
  int64_t features = nn::tensorType(x).getDimSize(1);
  if (count == 0)
    count = static_cast<int64_t>(intercepts.size());
  if (count < 1 ||
      (!intercepts.empty() && static_cast<int64_t>(intercepts.size()) != count))
    return node.emitError() << "has " << intercepts.size() << " intercepts for "
                            << count << " results";
  if (static_cast<int64_t>(coefficients.size()) % count != 0 ||
      static_cast<int64_t>(coefficients.size()) / count != features)
    return node.emitError()
           << "has " << coefficients.size() << " coefficients for " << features
           << " features and " << count << " results";
  scores = nn::DotOp::create(
      node.getBuilder(), node.getLoc(), x,
      buildConstant(node, coefficients, {count, features}), ArrayRef<int64_t>(),
      ArrayRef<int64_t>(), ArrayRef<int64_t>(1), ArrayRef<int64_t>(1));
  if (!intercepts.empty()) {
    nn::Math &m = node.getMath();
    scores = m.add(scores, m.broadcast(buildConstant(node, intercepts, count),
                                       nn::tensorType(scores).getShape(), {1}));
  }
  return success();
}

LogicalResult getTransform(Binder &node, ArrayRef<StringRef> known,
                           std::string &transform) {
  transform = "NONE";
  if (failed(node.getString("post_transform", transform)))
    return failure();
  if (!llvm::is_contained(known, transform))
    return node.emitError()
           << "'post_transform' of " << transform << " is not supported by dpc";
  return success();
}

Value applyTransform(Binder &node, StringRef transform, Value scores) {
  if (transform == "LOGISTIC")
    return node.getMath().logistic(scores);
  if (transform == "SOFTMAX")
    return nn::SoftmaxOp::create(node.getBuilder(), node.getLoc(), scores,
                                 /*axis=*/1);
  return scores;
}

LogicalResult legalizeLinearRegressor(Binder &node) {
  int64_t targets = 1;
  std::string transform;
  Value scores;
  if (failed(node.getInt("targets", targets)) ||
      failed(getTransform(node, {"NONE", "LOGISTIC", "SOFTMAX"}, transform)))
    return failure();
  if (targets < 1)
    return node.emitError() << "'targets' must be 1 or more, not " << targets;
  if (failed(buildLinear(node, targets, scores)))
    return failure();
  node.setResult(0, applyTransform(node, transform, scores));
  return success();
}

/// The labels of classes are integers: `labels[best]`.
LogicalResult setLabels(Binder &node, Value scores) {
  if (!node.isResultUsed(0))
    return success();
  std::optional<SmallVector<int64_t>> labels;
  if (failed(node.getInts("classlabels_ints", labels)))
    return failure();
  int64_t classes = nn::tensorType(scores).getDimSize(1);
  if (!labels || static_cast<int64_t>(labels->size()) != classes)
    return node.emitError()
           << "output 'Y' is not supported by dpc without " << classes
           << " 'classlabels_ints'; train on "
              "integer labels, or leave it out";
  Value best = buildArgExtreme(node.getMath(), nn::ReduceKind::Max, scores, 1,
                               /*isLast=*/false);
  if (!llvm::equal(*labels, llvm::seq<int64_t>(0, classes))) {
    auto type = RankedTensorType::get(classes, node.getBuilder().getI64Type());
    Value table =
        nn::ConstantOp::create(node.getBuilder(), node.getLoc(),
                               DenseElementsAttr::get(type, ArrayRef(*labels)));
    if (failed(buildGather(node, table, best, 0, best)))
      return failure();
  }
  node.setResult(0, best);
  return success();
}

/// A single score is that of the second of two classes.
LogicalResult legalizeLinearClassifier(Binder &node) {
  std::string transform;
  Value scores;
  if (failed(getTransform(node, {"NONE", "LOGISTIC", "SOFTMAX"}, transform)) ||
      failed(buildLinear(node, 0, scores)))
    return failure();
  nn::Math &m = node.getMath();
  bool isSingle = nn::tensorType(scores).getDimSize(1) == 1;
  if (isSingle && transform != "LOGISTIC")
    return node.emitError() << "a single score with 'post_transform' of "
                            << transform << " is not supported by dpc";
  Value results = applyTransform(node, transform, scores);
  auto pair = [&](Value first, Value second) {
    return nn::ConcatOp::create(node.getBuilder(), node.getLoc(),
                                ValueRange{first, second}, /*dim=*/1);
  };
  if (isSingle) {
    results = pair(m.sub(m.constant(results, 1.0), results), results);
    scores = pair(m.constant(scores, 0.0), scores);
  }
  node.setResult(1, results);
  return setLabels(node, scores);
}

//===----------------------------------------------------------------------===//
// Around them
//===----------------------------------------------------------------------===//

/// Elements of the last dimension; of a vector they are one row.
LogicalResult legalizeArrayFeatureExtractor(Binder &node) {
  Value x, indices, y;
  if (failed(node.getInput(0, "X", x)) ||
      failed(node.getInput(1, "Y", indices)))
    return failure();
  nn::Math &m = node.getMath();
  int64_t rank = nn::tensorType(x).getRank();
  if (rank == 0)
    return node.emitError() << "input 'X' must not be a scalar";
  if (failed(buildGather(
          node, x, m.reshape(indices, nn::tensorType(indices).getNumElements()),
          rank - 1, y)))
    return failure();
  if (rank == 1)
    y = m.reshape(y, {1, nn::tensorType(y).getDimSize(0)});
  node.setResult(0, y);
  return success();
}

/// A table of names and numbers for every row: its numbers.
LogicalResult legalizeZipMap(Binder &node) {
  Value x;
  if (failed(node.getInput(0, "X", x)))
    return failure();
  node.setResult(0, x);
  return success();
}

} // namespace

void registerML(LegalizeTable &table) {
  auto add = [&](StringRef op, LegalizeFn fn) {
    table.add(op, 1, fn, "ai.onnx.ml");
  };
  add("ArrayFeatureExtractor", legalizeArrayFeatureExtractor);
  add("Binarizer", legalizeBinarizer);
  add("Imputer", legalizeImputer);
  add("LinearClassifier", legalizeLinearClassifier);
  add("LinearRegressor", legalizeLinearRegressor);
  add("Normalizer", legalizeNormalizer);
  add("Scaler", legalizeScaler);
  add("ZipMap", legalizeZipMap);
}

} // namespace dpc::legalize
