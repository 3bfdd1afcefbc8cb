//===- Metrics.cpp - What an evaluation measures --------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/Metrics.h"
#include "dialects/NN/MeanLoss.h"
#include "dialects/NN/Rows.h"
#include "dialects/Support/MetricKind.h"
#include "dialects/Support/Suggest.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace dpc {

namespace {

/// What a loss's predictions are.
enum class Predicts { Nothing, Values, Truth, Class };

/// The sums that metrics take, of one loss after the other.
class MetricBuilder {
public:
  MetricBuilder(ProgramFunction &function, int64_t rows)
      : builder(function.getTerminator()),
        m(builder, NameLoc::get(builder.getStringAttr("metrics"))),
        function(function), rows(rows), analysis(function.getFunc(), rows) {}

  void setLoss(const EvaluatedLoss &next, size_t index);
  Predicts getPredicts() const { return predicts; }
  /// Whether the choice is one of two: of a truth, or of two classes.
  bool isBinary() {
    return predicts == Predicts::Truth ||
           (predicts == Predicts::Class && op.getNumClasses() == 2);
  }
  Value getScores() { return op.getPredictionOperand(); }
  Value getLabels() { return op.getLabelOperand(); }
  /// Where the scores have the classes.
  int64_t getAxis() { return op.getClassDim(); }
  /// The first of the classes whose score is the highest, an i64.
  Value buildPredictedClass();
  struct Truth {
    Value isTrue, isPredicted, score;
  };
  Truth buildTruth();
  Value keepCounted(Value values);
  Value buildAllTrue(Value like) {
    return m.constant(nn::tensorType(like).clone(builder.getI1Type()), 1);
  }
  /// Whether the labels of the first rows come first.
  bool areRowsFirst();

  /// Adds a result, and returns its name.
  std::string add(Value value, StringRef name);
  /// Adds the sum of what each label that counts has.
  std::string addSum(Value values, StringRef name);
  std::string addLabelCount();
  /// The sum of the loss and what it is divided by.
  std::pair<std::string, std::string> addLoss();
  /// What an evaluation makes of the sums of `results`.
  void addRule(StringRef name, MetricKind kind, ArrayRef<std::string> results,
               ArrayRef<double> weights = {});
  bool hasRule(StringRef name) const { return ruleNames.contains(name); }

  ArrayRef<ProgramFunction::Result> getResults() const { return results; }
  ArrayAttr getRules() { return builder.getArrayAttr(rules); }

  OpBuilder builder;
  nn::Math m;
  nn::LossOpInterface op;

private:
  Value sumAll(Value values) {
    return m.reduceAll(nn::ReduceKind::Sum,
                       m.convert(values, builder.getF64Type()));
  }
  /// `each` for every row with data.
  Value countRows(int64_t each) {
    Value count = m.convert(m.batchRows(rows), builder.getF64Type());
    return m.mul(count, m.constant(count, static_cast<double>(each)));
  }

  ProgramFunction &function;
  int64_t rows;
  nn::RowAnalysis analysis;
  const EvaluatedLoss *loss = nullptr;
  Predicts predicts = Predicts::Nothing;
  /// Whether each label counts, null if all do.
  Value isCounted;
  std::string suffix;
  llvm::StringSet<> ruleNames, resultNames;
  SmallVector<ProgramFunction::Result> results;
  SmallVector<Attribute> rules;
};

} // namespace

void MetricBuilder::setLoss(const EvaluatedLoss &next, size_t index) {
  loss = &next;
  op = next.parts.op;
  suffix = index ? "_" + std::to_string(index + 1) : "";
  Value weights = op ? op.buildWeights(builder) : Value();
  isCounted = weights ? m.compare(weights, nn::CompareDirection::NE,
                                  m.constant(weights, 0))
                      : Value();
  predicts = !op                        ? Predicts::Nothing
             : op.getNumClasses()       ? Predicts::Class
             : op.buildCorrect(builder) ? Predicts::Truth
                                        : Predicts::Values;
}

/// 0, or false, where a label does not count; there it may be NaN.
Value MetricBuilder::keepCounted(Value values) {
  return isCounted ? m.select(isCounted, values, m.constant(values, 0))
                   : values;
}

bool MetricBuilder::areRowsFirst() {
  Value terms = loss->parts.terms;
  if (!analysis.lookup(terms).empty())
    return analysis.getRowDim(terms) == std::pair<int64_t, int64_t>(0, 1);
  RankedTensorType type = nn::tensorType(terms);
  return type.getRank() > 0 && type.getDimSize(0) % rows == 0;
}

std::string MetricBuilder::add(Value value, StringRef name) {
  std::string full = name.str() + suffix;
  if (resultNames.insert(full).second)
    results.push_back(function.makeResult(value, nn::Role::Metric, full));
  return full;
}

std::string MetricBuilder::addSum(Value values, StringRef name) {
  return add(sumAll(keepCounted(values)), name);
}

std::string MetricBuilder::addLabelCount() {
  // The accuracy is of labels, whatever the loss takes them to weigh.
  StringRef name = loss->parts.weights ? "labels" : "count";
  if (isCounted)
    return add(sumAll(isCounted), name);
  int64_t elements = nn::tensorType(loss->parts.terms).getNumElements();
  return add(countRows(elements / rows), name);
}

std::pair<std::string, std::string> MetricBuilder::addLoss() {
  const LossTerms &parts = loss->parts;
  if (!parts.terms) {
    Value count = countRows(1);
    Value mean = m.convert(loss->mean, builder.getF64Type());
    return {add(m.mul(mean, count), "loss_sum"), add(count, "count")};
  }
  std::string sum = add(sumAll(parts.terms), "loss_sum");
  return {sum, parts.weights ? add(sumAll(parts.weights), "count")
                             : addLabelCount()};
}

void MetricBuilder::addRule(StringRef name, MetricKind kind,
                            ArrayRef<std::string> results,
                            ArrayRef<double> weights) {
  ruleNames.insert(name);
  SmallVector<StringRef> names(results.begin(), results.end());
  NamedAttrList rule;
  rule.set("name", builder.getStringAttr(name));
  rule.set("kind", builder.getStringAttr(dpc::getName(kind)));
  rule.set("results", builder.getStrArrayAttr(names));
  if (!weights.empty())
    rule.set("weights", builder.getDenseF64ArrayAttr(weights));
  rules.push_back(rule.getDictionary(builder.getContext()));
}

Value MetricBuilder::buildPredictedClass() {
  Value scores = getScores();
  RankedTensorType type = nn::tensorType(scores);
  int64_t axis = getAxis();
  Value max = m.unreduce(m.reduce(nn::ReduceKind::Max, scores, axis),
                         type.getShape(), axis);
  auto classes = type.clone(builder.getI64Type());
  Value first = m.select(
      m.compare(scores, nn::CompareDirection::EQ, max), m.iota(classes, axis),
      m.constant(classes, static_cast<double>(op.getNumClasses())));
  return m.reduce(nn::ReduceKind::Min, first, axis);
}

MetricBuilder::Truth MetricBuilder::buildTruth() {
  Value scores = getScores(), labels = getLabels();
  auto isAbove = [&](Value x, double least) {
    return m.compare(x, nn::CompareDirection::GT, m.constant(x, least));
  };
  if (predicts == Predicts::Truth)
    return {isAbove(labels, 0.5), isAbove(scores, 0), scores};
  int64_t axis = getAxis();
  ArrayRef<int64_t> shape = nn::tensorType(scores).getShape();
  auto scoreOf = [&](int64_t index) {
    SmallVector<int64_t> begin(shape.size(), 0), end(shape),
        step(shape.size(), 1);
    begin[axis] = index;
    end[axis] = index + 1;
    return m.reshape(
        nn::SliceOp::create(builder, op.getLoc(), scores, begin, end, step),
        nn::tensorType(labels).getShape());
  };
  Value predicted = buildPredictedClass();
  auto isOne = [&](Value x) {
    return m.compare(x, nn::CompareDirection::EQ, m.constant(x, 1));
  };
  return {isOne(labels), isOne(predicted), m.sub(scoreOf(1), scoreOf(0))};
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

namespace {
/// Which losses a metric is of.
enum class Needs { Predictions, Classes, Binary, Ranking, Values };
} // namespace

struct MetricInfo {
  StringLiteral name;
  StringLiteral help;
  Needs needs;
  /// Adds what the rule `name` needs, and the rule.
  void (*build)(MetricBuilder &b, StringRef name, int64_t number);
};

static void buildAccuracy(MetricBuilder &b, StringRef name, int64_t) {
  b.addRule(
      name, MetricKind::Mean,
      {b.addSum(b.op.buildCorrect(b.builder), "correct"), b.addLabelCount()});
}

/// Of equal scores the class of the lower number is ahead.
static void buildTop(MetricBuilder &b, StringRef name, int64_t number) {
  nn::Math &m = b.m;
  Value scores = b.getScores();
  RankedTensorType type = nn::tensorType(scores);
  int64_t axis = b.getAxis();
  Value label = m.reduce(nn::ReduceKind::Sum,
                         m.select(buildIsLabel(m, scores, b.getLabels(), axis),
                                  scores, m.constant(scores, 0)),
                         axis);
  Value wanted = m.unreduce(label, type.getShape(), axis);
  auto classes = type.clone(b.builder.getI64Type());
  Value isBefore =
      m.compare(m.iota(classes, axis), nn::CompareDirection::LT,
                m.unreduce(m.convert(b.getLabels(), b.builder.getI64Type()),
                           type.getShape(), axis));
  Value isAhead = m.logicalOr(
      m.compare(scores, nn::CompareDirection::GT, wanted),
      m.logicalAnd(m.compare(scores, nn::CompareDirection::EQ, wanted),
                   isBefore));
  Value ahead = m.reduce(nn::ReduceKind::Sum,
                         m.convert(isAhead, b.builder.getI64Type()), axis);
  // Nothing is ahead of NaN, which is no prediction.
  Value isCorrect =
      m.logicalAnd(m.compare(ahead, nn::CompareDirection::LT,
                             m.constant(ahead, static_cast<double>(number))),
                   m.compare(label, nn::CompareDirection::EQ, label));
  b.addRule(name, MetricKind::Mean,
            {b.addSum(isCorrect, name), b.addLabelCount()});
}

/// Of the labels as they are, whatever the loss makes of them.
static void buildPerplexity(MetricBuilder &b, StringRef name, int64_t) {
  b.addRule(name, MetricKind::Exponential,
            {b.addSum(b.op->getResult(0), "cross_entropy"), b.addLabelCount()});
}

static void buildF1(MetricBuilder &b, StringRef name, int64_t) {
  auto [isTrue, isPredicted, score] = b.buildTruth();
  Type f64 = b.builder.getF64Type();
  Value hits = b.m.convert(b.m.logicalAnd(isTrue, isPredicted), f64);
  Value both = b.m.add(b.m.convert(isTrue, f64), b.m.convert(isPredicted, f64));
  b.addRule(
      name, MetricKind::Share,
      {b.addSum(b.m.add(hits, hits), "f1_hits"), b.addSum(both, "f1_either")});
}

static void buildPrecision(MetricBuilder &b, StringRef name, int64_t) {
  auto [isTrue, isPredicted, score] = b.buildTruth();
  b.addRule(name, MetricKind::Share,
            {b.addSum(b.m.logicalAnd(isTrue, isPredicted), "hits"),
             b.addSum(isPredicted, "predicted")});
}

static void buildRecall(MetricBuilder &b, StringRef name, int64_t) {
  auto [isTrue, isPredicted, score] = b.buildTruth();
  b.addRule(name, MetricKind::Share,
            {b.addSum(b.m.logicalAnd(isTrue, isPredicted), "hits"),
             b.addSum(isTrue, "true")});
}

/// Per class, twice the hits, and how often it is the label or predicted.
static void buildMacroF1(MetricBuilder &b, StringRef name, int64_t) {
  nn::Math &m = b.m;
  RankedTensorType type = nn::tensorType(b.getScores());
  int64_t axis = b.getAxis();
  // A class outside of the range is none of them.
  auto spread = [&](Value perLabel) {
    return m.unreduce(perLabel, type.getShape(), axis);
  };
  Value classes = m.iota(type.clone(b.builder.getI64Type()), axis);
  Value isCounted = spread(b.keepCounted(b.buildAllTrue(b.getLabels())));
  auto isClass = [&](Value perLabel) {
    Value wide = m.convert(perLabel, b.builder.getI64Type());
    return m.logicalAnd(
        m.compare(classes, nn::CompareDirection::EQ, spread(wide)), isCounted);
  };
  Value isTrue = isClass(b.getLabels()),
        isPredicted = isClass(b.buildPredictedClass());
  SmallVector<int64_t> others;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    if (dim != axis)
      others.push_back(dim);
  auto perClass = [&](Value is) {
    return m.reduce(nn::ReduceKind::Sum, m.convert(is, b.builder.getF64Type()),
                    others);
  };
  Value hits = perClass(m.logicalAnd(isTrue, isPredicted));
  b.addRule(
      name, MetricKind::MacroF1,
      {b.add(m.add(hits, hits), "class_hits"),
       b.add(m.add(perClass(isTrue), perClass(isPredicted)), "class_either")});
}

/// The rows' scores in their order. Each rank adds its own to zeros, so that
/// their sum over ranks and microbatches is exact.
static void buildArea(MetricBuilder &b, StringRef name, int64_t) {
  nn::Math &m = b.m;
  auto [isTrue, isPredicted, score] = b.buildTruth();
  RankedTensorType type = nn::tensorType(score);
  Value index = m.iota(
      RankedTensorType::get(type.getDimSize(0), b.builder.getI64Type()), 0);
  auto list = [&](Value values, StringRef result) {
    values = m.convert(values, type.getElementType());
    return b.add(nn::ScatterAddOp::create(b.builder, b.op.getLoc(), type, index,
                                          values, 0),
                 result);
  };
  Value counts = b.keepCounted(b.buildAllTrue(isTrue));
  b.addRule(name, MetricKind::Area,
            {list(b.keepCounted(score), "scores"), list(isTrue, "truths"),
             list(counts, "counts")});
}

static Value buildError(MetricBuilder &b) {
  return b.m.sub(b.getScores(), b.getLabels());
}

static void buildAbsoluteError(MetricBuilder &b, StringRef name, int64_t) {
  b.addRule(
      name, MetricKind::Mean,
      {b.addSum(b.m.abs(buildError(b)), "absolute_error"), b.addLabelCount()});
}

template <MetricKind Kind>
static void buildSquaredError(MetricBuilder &b, StringRef name, int64_t) {
  Value error = buildError(b);
  b.addRule(
      name, Kind,
      {b.addSum(b.m.mul(error, error), "squared_error"), b.addLabelCount()});
}

static constexpr StringLiteral kTop = "top";

static ArrayRef<MetricInfo> getMetrics() {
  static constexpr MetricInfo kMetrics[] = {
      {"accuracy", "right predictions; of the first loss that has it, always",
       Needs::Predictions, buildAccuracy},
      {kTop, "labels among the K classes with the highest scores, as in top5",
       Needs::Classes, buildTop},
      {"perplexity", "e to the mean cross-entropy", Needs::Classes,
       buildPerplexity},
      {"f1", "of label 1, in a binary choice or of two classes", Needs::Binary,
       buildF1},
      {"precision", "the same", Needs::Binary, buildPrecision},
      {"recall", "the same", Needs::Binary, buildRecall},
      {"auc", "area under the ROC curve, exact, on rank 0 from all scores",
       Needs::Ranking, buildArea},
      {"f1-macro", "mean over the classes that occur", Needs::Classes,
       buildMacroF1},
      {"mae", "mean absolute error", Needs::Values, buildAbsoluteError},
      {"mse", "mean squared error", Needs::Values,
       buildSquaredError<MetricKind::Mean>},
      {"rmse", "its root", Needs::Values, buildSquaredError<MetricKind::Root>},
  };
  return kMetrics;
}

static StringRef spell(const MetricInfo &info) {
  return info.name == kTop ? StringRef("topK") : StringRef(info.name);
}

std::string listMetrics() {
  return llvm::join(llvm::map_range(getMetrics(), spell), ", ");
}

std::string describeMetrics() {
  std::string text;
  for (const MetricInfo &info : getMetrics())
    text += "\n" + spell(info).str() + ": " + info.help.str();
  return text;
}

FailureOr<SmallVector<MetricChoice>> parseMetrics(StringRef text,
                                                  std::string &error) {
  SmallVector<MetricChoice> choices;
  if (text.empty())
    return choices;
  for (StringRef part : llvm::split(text, ',')) {
    auto [name, output] = part.trim().split(':');
    MetricChoice choice;
    choice.output = output;
    StringRef base = name.rtrim("0123456789");
    if (base != kTop)
      base = name;
    else if (name.drop_front(base.size()).getAsInteger(10, choice.number) ||
             choice.number < 1)
      base = "";
    const auto *info = llvm::find_if(getMetrics(), [&](const MetricInfo &info) {
      return info.name == base;
    });
    if (info == getMetrics().end()) {
      SmallVector<StringRef> names =
          llvm::to_vector(llvm::map_range(getMetrics(), spell));
      error = ("unknown metric '" + name + "'; " +
               suggest(name, names, "use " + listMetrics()))
                  .str();
      return failure();
    }
    choice.info = info;
    choices.push_back(std::move(choice));
  }
  return choices;
}

//===----------------------------------------------------------------------===//
// Of a program
//===----------------------------------------------------------------------===//

static bool fits(MetricBuilder &b, Needs needs) {
  switch (needs) {
  case Needs::Predictions:
    return b.getPredicts() == Predicts::Class ||
           b.getPredicts() == Predicts::Truth;
  case Needs::Classes:
    return b.getPredicts() == Predicts::Class;
  case Needs::Binary:
    return b.isBinary();
  case Needs::Ranking:
    return b.isBinary() && b.areRowsFirst();
  case Needs::Values:
    return b.getPredicts() == Predicts::Values;
  }
  llvm_unreachable("covers all");
}

static StringRef describe(Needs needs) {
  switch (needs) {
  case Needs::Predictions:
    return "classes, or whether something is true";
  case Needs::Classes:
    return "classes";
  case Needs::Binary:
    return "whether something is true, or one of two classes";
  case Needs::Ranking:
    return "whether something is true, or one of two classes, with the rows in "
           "the first dimension";
  case Needs::Values:
    return "values, as mse has them";
  }
  llvm_unreachable("covers all");
}

/// As a key of the metrics' file.
static std::string makeKey(const Twine &name) {
  std::string key = name.str();
  for (char &c : key)
    if (!llvm::isAlnum(c))
      c = '_';
  return key;
}

static LogicalResult buildChoice(MetricBuilder &b,
                                 ArrayRef<EvaluatedLoss> losses,
                                 const MetricChoice &choice, bool isDefault) {
  const MetricInfo &info = *choice.info;
  std::string name = info.name.str();
  if (choice.number)
    name += std::to_string(choice.number);
  auto emit = [&]() {
    return emitError(NameLoc::get(b.builder.getStringAttr("--eval-metrics")))
           << "'" << name << "' ";
  };
  for (auto [i, loss] : llvm::enumerate(losses)) {
    if (!choice.output.empty() && choice.output != loss.output)
      continue;
    b.setLoss(loss, i);
    if (!loss.parts.terms || !fits(b, info.needs))
      continue;
    std::string key =
        makeKey(name + (choice.output.empty() ? "" : "_" + choice.output));
    if (!b.hasRule(key))
      info.build(b, key, choice.number);
    return success();
  }
  if (isDefault)
    return success();
  return emit() << "is of a loss that predicts " << describe(info.needs)
                << (choice.output.empty()
                        ? "; no loss does"
                        : "; that of output '" + choice.output + "' does not");
}

FailureOr<SmallVector<ProgramFunction::Result>>
buildMetrics(ProgramFunction &function, ArrayRef<EvaluatedLoss> losses,
             ArrayRef<MetricChoice> choices, int64_t rows) {
  MetricBuilder b(function, rows);
  SmallVector<std::string> sums;
  SmallVector<double> weights;
  for (auto [i, loss] : llvm::enumerate(losses)) {
    b.setLoss(loss, i);
    auto [sum, count] = b.addLoss();
    sums.append({sum, count});
    weights.push_back(loss.weight);
  }
  if (llvm::all_of(weights, [](double weight) { return weight == 1; }))
    weights.clear();
  b.addRule("loss", MetricKind::Mean, sums, weights);
  if (losses.size() > 1)
    for (auto [i, loss] : llvm::enumerate(losses)) {
      std::string key = makeKey("loss_" + loss.output);
      b.addRule(b.hasRule(key) ? key + "_" + std::to_string(i + 1) : key,
                MetricKind::Mean, ArrayRef(sums).slice(2 * i, 2));
    }
  MetricChoice accuracy = {getMetrics().begin(), 0, {}};
  if (failed(buildChoice(b, losses, accuracy, /*isDefault=*/true)))
    return failure();
  for (const MetricChoice &choice : choices)
    if (failed(buildChoice(b, losses, choice, /*isDefault=*/false)))
      return failure();
  auto module = function.getFunc()->getParentOfType<ModuleOp>();
  module->setAttr(nn::kMetricsAttr, b.getRules());
  return SmallVector<ProgramFunction::Result>(b.getResults());
}

} // namespace dpc
