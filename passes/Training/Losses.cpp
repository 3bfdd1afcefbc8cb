//===- Losses.cpp - The table of losses -----------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/Losses.h"
#include "dialects/Support/Suggest.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace dpc {

//===----------------------------------------------------------------------===//
// LossSite
//===----------------------------------------------------------------------===//

InFlightDiagnostic LossSite::emitError() {
  return mlir::emitError(prediction.getLoc())
         << "output '" << outputName << "' ";
}

InFlightDiagnostic LossSite::emitWarning() {
  return mlir::emitWarning(prediction.getLoc())
         << "output '" << outputName << "' ";
}

double LossSite::get(StringRef setting) const {
  for (auto [known, value] :
       llvm::zip_equal(choice.info->settings, choice.settings))
    if (known.name == setting)
      return value;
  llvm_unreachable("a loss reads the settings that it declares");
}

/// What two losses share, or a loss and the model.
static Value shareLabels(LossSite &site, BlockArgument argument,
                         RankedTensorType type,
                         ArrayRef<NamedAttribute> attrs) {
  RankedTensorType found = nn::tensorType(argument);
  bool isFloat = isa<FloatType>(type.getElementType());
  auto fail = [&]() {
    return site.emitError()
           << "would have the labels '" << site.labelName << "', which are ";
  };
  if (found.getShape() != type.getShape() ||
      isFloat != isa<FloatType>(found.getElementType())) {
    fail() << found << " and not " << type
           << "; name others with --loss ...,label=NAME";
    return {};
  }
  func::FuncOp func = site.function.getFunc();
  unsigned index = argument.getArgNumber();
  nn::SignatureChanges changes(func);
  for (NamedAttribute attr : attrs) {
    Attribute known = func.getArgAttr(index, attr.getName());
    // What one loss ignores is an error of the other.
    bool isClass = attr.getName() == nn::kClassesAttr ||
                   attr.getName() == nn::kIgnoreIndexAttr;
    if (isClass && known && known != attr.getValue()) {
      fail() << "those of another loss with other classes; name others with "
                "--loss ...,label=NAME";
      return {};
    }
    changes.setArgAttr(index, attr.getName(), attr.getValue());
  }
  // Only labels are asked by the loader to be classes.
  if (!isFloat)
    changes.setArgRole(index, nn::Role::Label);
  nn::Math m(site.builder, site.loc);
  return isFloat ? m.convert(argument, type.getElementType()) : argument;
}

Value LossSite::getLabels(ArrayRef<int64_t> shape, Type elementType,
                          int64_t numClasses, IntegerAttr ignored) {
  SmallVector<NamedAttribute> attrs;
  auto add = [&](StringRef name, Attribute value) {
    attrs.push_back(builder.getNamedAttr(name, value));
  };
  add(nn::kBatchDimAttr, builder.getI64IntegerAttr(batchDim));
  if (numClasses)
    add(nn::kClassesAttr, builder.getI64IntegerAttr(numClasses));
  if (ignored)
    add(nn::kIgnoreIndexAttr, ignored);
  auto type = RankedTensorType::get(shape, elementType);
  for (nn::Role role : {nn::Role::Label, nn::Role::Input})
    if (BlockArgument known = function.findArgument(role, labelName))
      return shareLabels(*this, known, type, attrs);
  return function.addArgument(type, nn::Role::Label, labelName,
                              NameLoc::get(builder.getStringAttr(labelName)),
                              attrs);
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
/// What f32 holds with room for a product.
static constexpr double kMost = 1e30, kLeast = 1e-30;

ArrayRef<LossInfo> getLosses() {
  static constexpr LossSetting kIgnoreIndex = {"ignore_index", kNone, -1e9, 1e9,
                                               true};
  static constexpr LossSetting kPower = {"power", 1, 1, 2, true};
  static constexpr LossSetting kMargin = {"margin", 1, -kMost, kMost};

  static constexpr StringLiteral kCrossEntropy[] = {"cross-entropy", "ce"};
  static constexpr LossSetting kCrossEntropySettings[] = {
      {"label_smoothing", 0, 0, 1}, kIgnoreIndex};
  static constexpr StringLiteral kBinaryCrossEntropy[] = {"bce"};
  static constexpr LossSetting kBinarySettings[] = {
      {"pos_weight", 1, 0, kMost}};
  static constexpr StringLiteral kAbsolute[] = {"mae"};
  static constexpr LossSetting kBeta[] = {{"beta", 1, 0, kMost}};
  static constexpr LossSetting kDelta[] = {{"delta", 1, kLeast, kMost}};
  static constexpr LossSetting kFocal[] = {
      {"gamma", 2, 0, 100}, {"alpha", 1, 0, kMost}, kIgnoreIndex};
  static constexpr LossSetting kBinaryFocal[] = {{"gamma", 2, 0, 100},
                                                 {"alpha", kNone, 0, 1}};
  static constexpr StringLiteral kDivergence[] = {"kl-divergence"};
  static constexpr LossSetting kHinge[] = {kMargin, kPower};
  static constexpr LossSetting kCosine[] = {{"margin", 0, -1, 1}};
  static constexpr StringLiteral kInfoNCE[] = {"infonce"};
  static constexpr LossSetting kContrastive[] = {
      {"temperature", 0.07, kLeast, kMost},
      {"symmetric", 1, 0, 1, true},
      {"normalize", 1, 0, 1, true}};
  static constexpr LossInfo kLosses[] = {
      {"softmax-cross-entropy", kCrossEntropy,
       "integer labels; classes are the output's last dimension",
       kCrossEntropySettings, false, attachSoftmaxCrossEntropy},
      {"binary-cross-entropy", kBinaryCrossEntropy,
       "labels in [0, 1] of the output's shape; from the logit of a Sigmoid",
       kBinarySettings, false, attachBinaryCrossEntropy},
      {"mse",
       {},
       "squared error, labels of the output's shape",
       {},
       false,
       attachSquaredError},
      {"l1",
       kAbsolute,
       "absolute error, labels of the output's shape",
       {},
       false,
       attachAbsoluteError},
      {"smooth-l1",
       {},
       "absolute error that is squared below beta",
       kBeta,
       false,
       attachSmoothAbsoluteError},
      {"huber",
       {},
       "squared error that is linear beyond delta",
       kDelta,
       false,
       attachHuber},
      {"focal",
       {},
       "softmax-cross-entropy times alpha (1 - p)^gamma",
       kFocal,
       false,
       attachFocal},
      {"binary-focal",
       {},
       "the same of binary-cross-entropy; labels of 0 weigh 1 - alpha",
       kBinaryFocal,
       false,
       attachBinaryFocal},
      {"kl",
       kDivergence,
       "of the labels, probabilities of the classes, from "
       "the output's softmax",
       {},
       false,
       attachDivergence},
      {"hinge",
       {},
       "max(0, margin - y z)^power; y is 1 for labels above 0, else -1",
       kHinge,
       false,
       attachHinge},
      {"multi-margin",
       {},
       "hinge loss of integer labels; classes are the last dimension",
       kHinge,
       false,
       attachMultiMargin},
      {"cosine-embedding",
       {},
       "1 - cosine of the output and its labels, or of two outputs where the "
       "label is 1, and max(0, cosine - margin) where it is -1",
       kCosine,
       true,
       attachCosineEmbedding},
      {"contrastive", kInfoNCE,
       "InfoNCE: each row's output finds its partner, the label or that of "
       "another output, among those of the whole batch",
       kContrastive, true, attachContrastive},
  };
  return kLosses;
}

static const LossInfo *findLoss(StringRef name) {
  for (const LossInfo &loss : getLosses())
    if (loss.name == name || llvm::is_contained(loss.aliases, name))
      return &loss;
  return nullptr;
}

std::string listLosses() {
  std::string list;
  llvm::raw_string_ostream os(list);
  llvm::interleaveComma(getLosses(), os,
                        [&](const LossInfo &loss) { os << loss.name; });
  return list;
}

//===----------------------------------------------------------------------===//
// Parsing
//===----------------------------------------------------------------------===//

static constexpr StringLiteral kOutputPrefix = "output:";

static SmallVector<StringRef> splitLosses(StringRef text) {
  SmallVector<StringRef> losses;
  text.split(losses, kLossSeparator);
  return losses;
}

static std::string describeUnknown(StringRef name) {
  // Its sums over alignments have a length of their own in each row.
  if (name == "ctc" || name == "ctc-loss")
    return "loss 'ctc' is not among them: its sums run over alignments of as "
           "many steps as each row has, and shapes are static; compute it in "
           "the model and train with output:NAME";
  SmallVector<StringRef> names;
  for (const LossInfo &loss : getLosses()) {
    names.push_back(loss.name);
    llvm::append_range(names, loss.aliases);
  }
  return ("unknown loss '" + name + "'; " +
          suggest(name, names, "use output:NAME or one of " + listLosses()))
      .str();
}

/// False if the loss has no such text.
static bool setText(LossChoice &choice, StringRef key, StringRef value) {
  if (key == "output" && choice.info)
    choice.output = value;
  else if (key == "label" && choice.info)
    choice.label = value;
  else if (key == "other" && choice.info && choice.info->takesOther)
    choice.other = value;
  else
    return false;
  return true;
}

static std::string setNumber(LossChoice &choice, StringRef name, StringRef key,
                             StringRef text) {
  static constexpr LossSetting kWeight = {"weight", 1, 0, kMost};
  const LossSetting *setting = key == kWeight.name ? &kWeight : nullptr;
  double *target = &choice.weight;
  SmallVector<StringRef> known;
  for (size_t i = 0; choice.info && i < choice.info->settings.size(); ++i) {
    known.push_back(choice.info->settings[i].name);
    if (known.back() == key) {
      setting = &choice.info->settings[i];
      target = &choice.settings[i];
    }
  }
  if (!setting) {
    if (choice.info) {
      known.append({"output", "label"});
      if (choice.info->takesOther)
        known.push_back("other");
    }
    known.push_back("weight");
    return (name + " has no setting '" + key + "'; " +
            suggest(key, known, "it has " + llvm::join(known, ", ")))
        .str();
  }
  double value;
  // The comparison is false for NaN, too.
  if (text.getAsDouble(value) ||
      !(value >= setting->low && value <= setting->high) ||
      (setting->isInteger && value != std::floor(value))) {
    std::string error;
    llvm::raw_string_ostream(error)
        << name << ": " << key << " is '" << text << "' and must be "
        << (setting->isInteger ? "an integer" : "a number") << " in ["
        << llvm::format("%g, %g", setting->low, setting->high) << "]";
    return error;
  }
  *target = value;
  return {};
}

static FailureOr<LossChoice> parseLoss(StringRef text, std::string &error) {
  SmallVector<StringRef> parts;
  text.split(parts, ',');
  StringRef name = parts.front().trim();
  LossChoice choice;
  if (StringRef output = name; output.consume_front(kOutputPrefix)) {
    choice.output = output;
    if (output.empty()) {
      error = "'output:' names no output; write output:NAME";
      return failure();
    }
  } else {
    choice.info = findLoss(name);
    if (!choice.info) {
      error = describeUnknown(name);
      return failure();
    }
    name = choice.info->name;
    for (const LossSetting &setting : choice.info->settings)
      choice.settings.push_back(setting.defaultValue);
  }
  for (StringRef part : ArrayRef(parts).drop_front()) {
    auto [key, value] = part.trim().split('=');
    if (value.empty())
      error = ("'" + part + "' is no setting; write " + name + ",SETTING=VALUE")
                  .str();
    else if (!setText(choice, key, value))
      error = setNumber(choice, name, key, value);
    if (!error.empty())
      return failure();
  }
  return choice;
}

FailureOr<SmallVector<LossChoice>> parseLosses(StringRef text,
                                               std::string &error) {
  SmallVector<LossChoice> choices;
  if (text.empty())
    return choices;
  for (StringRef loss : splitLosses(text)) {
    FailureOr<LossChoice> choice = parseLoss(loss, error);
    if (failed(choice))
      return failure();
    choices.push_back(std::move(*choice));
  }
  return choices;
}

std::string spellOutLosses(StringRef text) {
  SmallVector<std::string> losses;
  for (StringRef loss : splitLosses(text)) {
    StringRef name = loss.take_until([](char c) { return c == ','; });
    const LossInfo *info = findLoss(name.trim());
    losses.push_back(info ? (info->name + loss.drop_front(name.size())).str()
                          : loss.str());
  }
  return llvm::join(losses, kLossSeparator);
}

} // namespace dpc
