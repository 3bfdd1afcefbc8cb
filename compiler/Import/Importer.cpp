//===- Importer.cpp - Builds the module: versions, weights, inputs --------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Import/Importer.h"
#include "compiler/Import/RestoreParameters.h"
#include "dialects/NN/NNDialect.h"
#include "dialects/ONNX/AttributeNames.h"

#include "dialects/Support/Text.h"

#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace dpc;

/// The opsets whose operators are known begin with that of onnx 1.2.
static constexpr int64_t oldestOpset = 7, newestOpset = kNewestOpset;
/// IR version 3 introduced opset_import.
static constexpr int64_t oldestIRVersion = 3, newestIRVersion = pb::IR_VERSION;

static Location locateName(MLIRContext &context, StringRef name) {
  return NameLoc::get(StringAttr::get(&context, name));
}

LogicalResult dpc::emitImportError(MLIRContext &context, StringRef where,
                                   const llvm::Twine &what) {
  // Names from the file may hold anything; a message is one line of text.
  emitError(locateName(context, printable(where, 1024)))
      << printable(what.str(), 4096);
  return failure();
}

Importer::Importer(MLIRContext &context, const ImportOptions &options,
                   StringRef path, StringRef bytes, ModelFile &model)
    : context(context), options(options), path(path), model(model),
      files(path, options.followLinks),
      tensors(context, bytes, files, options.requireData), builder(&context),
      nodesLeft(options.maxNodes),
      workLeft(limits::kWorkPerNode * options.maxNodes) {}

Location Importer::locate(StringRef name) { return locateName(context, name); }

LogicalResult Importer::checkName(StringRef where, StringRef kind,
                                  StringRef name, bool mayBeEmpty) {
  if (name.empty() && !mayBeEmpty)
    return fail(where, kind + " without a name; export the model again");
  if (name.size() > limits::kNameBytes)
    return fail(where, kind + " '" + name.take_front(64) +
                           "...' has a name of " + Twine(name.size()) +
                           " bytes; at most " + Twine(limits::kNameBytes) +
                           " are supported");
  bool hasControl = llvm::any_of(name, [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (hasControl || !llvm::json::isUTF8(name))
    return fail(where, kind + " '" + name +
                           "' has control characters or broken UTF-8 in its "
                           "name; rename it");
  return success();
}

//===----------------------------------------------------------------------===//
// Versions and functions
//===----------------------------------------------------------------------===//

LogicalResult Importer::readOpsets(
    StringRef where,
    const google::protobuf::RepeatedPtrField<pb::OperatorSetIdProto> &list,
    Opsets &opsets) {
  for (const pb::OperatorSetIdProto &entry : list) {
    if (failed(checkName(where, "opset_import: domain", entry.domain(),
                         /*mayBeEmpty=*/true)))
      return failure();
    StringRef domain = normalizeDomain(entry.domain());
    auto [listed, isNew] = opsets.try_emplace(domain, entry.version());
    // What onnx's checker and onnxruntime do.
    if (!isNew && listed->second != entry.version())
      emitWarning(locate(where))
          << "opset_import lists domain '"
          << (domain.empty() ? "ai.onnx" : domain) << "' with versions "
          << listed->second << " and " << entry.version()
          << "; the one that stands last counts";
    listed->second = entry.version();
    if (domain.empty() && entry.version() > newestOpset)
      return fail(where, "needs opset " + Twine(entry.version()) +
                             ", but the newest known one is " +
                             Twine(newestOpset) +
                             "; export the model for an older opset");
    if (domain.empty() && entry.version() < oldestOpset)
      return fail(where, "needs opset " + Twine(entry.version()) +
                             ", but the oldest supported one is " +
                             Twine(oldestOpset) +
                             "; convert it with onnx.version_converter");
    if (entry.version() < 1)
      return fail(where, "opset_import lists domain '" + domain +
                             "' with version " + Twine(entry.version()) +
                             "; export the model again");
  }
  return success();
}

LogicalResult Importer::checkVersions() {
  int64_t version = model.proto->ir_version();
  if (!model.proto->has_ir_version())
    return fail(path, "is not an ONNX model: it states no IR version; export "
                      "it again");
  if (version < oldestIRVersion || version > newestIRVersion)
    return fail(path, "has IR version " + Twine(version) + ", but versions " +
                          Twine(oldestIRVersion) + " to " +
                          Twine(newestIRVersion) +
                          " are known; export it with another onnx release");
  if (failed(readOpsets(path, model.proto->opset_import(), opsets)))
    return failure();
  // A model of other domains' operators lists theirs alone.
  if (opsets.empty())
    return fail(path, "lists no opsets; the file is cut short or must be "
                      "exported again");
  return success();
}

LogicalResult Importer::collectFunctions() {
  for (const pb::FunctionProto &function : model.proto->functions()) {
    if (failed(checkName(path, "function", function.name())) ||
        failed(checkName(path, "function's domain", function.domain(), true)) ||
        failed(
            checkName(path, "function's overload", function.overload(), true)))
      return failure();
    std::string key = (normalizeDomain(function.domain()) + "\n" +
                       function.name() + "\n" + function.overload())
                          .str();
    Function entry{&function, {}};
    if (failed(readOpsets("function " + function.name(),
                          function.opset_import(), entry.opsets)))
      return failure();
    if (!functions.try_emplace(key, std::move(entry)).second)
      return fail(path, "function '" + function.name() +
                            "' is defined twice; export the model again");
  }
  return success();
}

LogicalResult Importer::checkInnerTensors() {
  std::string where;
  if (llvm::Error error = visitInnerTensors(
          *model.proto, where, [&](pb::TensorProto &tensor, StringRef) {
            return tensors.checkExternal(tensor);
          }))
    return fail(where.empty() ? path : where,
                "tensor: " + toString(std::move(error)));
  if (model.proto->graph().sparse_initializer_size()) {
    const auto &sparse = model.proto->graph().sparse_initializer(0);
    return fail(path, "sparse initializer '" + sparse.values().name() +
                          "' is not supported; store it as a dense tensor");
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// Elements that no file holds.
static InitializerData makeZeros(RankedTensorType type) {
  InitializerData data;
  Type element = type.getElementType();
  data.value =
      DenseElementsAttr::get(type, FloatAttr::get(element, 0.0).getValue());
  return data;
}

LogicalResult Importer::importInitializers() {
  const pb::GraphProto &graph = model.proto->graph();
  for (auto [tensor, payload, facts] :
       llvm::zip_equal(graph.initializer(), model.payloads, model.facts)) {
    StringRef name = tensor.name();
    if (failed(checkName(path, "initializer", name)))
      return failure();
    auto type = tensors.getType(tensor);
    if (!type)
      return fail(path,
                  "initializer '" + name + "': " + toString(type.takeError()));
    auto data = facts.layout == Layout::Zeros
                    ? llvm::Expected<InitializerData>(makeZeros(*type))
                    : tensors.locate(tensor, *type, payload);
    if (!data)
      return fail(path,
                  "initializer '" + name + "': " + toString(data.takeError()));
    StringAttr file;
    IntegerAttr offset, length;
    if (!data->file.empty()) {
      file = builder.getStringAttr(data->file);
      offset = builder.getI64IntegerAttr(data->offset);
      length = builder.getI64IntegerAttr(data->length);
    }
    auto &op = initializers[name];
    if (op)
      return fail(path, "initializer '" + name +
                            "' is defined twice; export the model again");
    op = onnx::InitializerOp::create(
        builder, locate(name), builder.getStringAttr(name),
        TypeAttr::get(*type), file, offset, length, data->value);
    if (facts.layout != Layout::Plain)
      op->setAttr(facts.layout == Layout::Zeros ? onnx::kZerosAttr
                                                : onnx::kTransposedAttr,
                  builder.getUnitAttr());
    if (facts.isState)
      op->setAttr(onnx::kStateAttr, builder.getUnitAttr());
    if (!facts.reason.empty())
      op->setAttr(facts.isTrained ? onnx::kTrainedAttr : onnx::kUntrainedAttr,
                  builder.getStringAttr(facts.reason));
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Inputs and outputs
//===----------------------------------------------------------------------===//

static StringRef getKind(const pb::TypeProto &type) {
  switch (type.value_case()) {
  case pb::TypeProto::kTensorType:
    return "tensor";
  case pb::TypeProto::kSequenceType:
    return "sequence";
  case pb::TypeProto::kMapType:
    return "map";
  case pb::TypeProto::kOptionalType:
    return "value that may be missing";
  case pb::TypeProto::kSparseTensorType:
    return "sparse tensor";
  case pb::TypeProto::kOpaqueType:
    return "opaque value";
  case pb::TypeProto::VALUE_NOT_SET:
    return "value of unknown type";
  }
  llvm_unreachable("all cases are covered");
}

/// What ZipMap makes: for every row a table from names to numbers. Legalized,
/// it is the tensor of the numbers.
static bool isTableOfRows(const pb::TypeProto &type) {
  return type.has_sequence_type() &&
         type.sequence_type().elem_type().has_map_type();
}

FailureOr<RankedTensorType>
Importer::getInputType(const pb::ValueInfoProto &input,
                       SmallVectorImpl<Attribute> &dims) {
  std::string what = "input '" + input.name() + "' ";
  if (!input.type().has_tensor_type())
    return fail(path, what + "is a " + getKind(input.type()) +
                          "; only tensors are supported");
  const pb::TypeProto::Tensor &tensor = input.type().tensor_type();
  Type elementType = onnx::getElementType(&context, tensor.elem_type());
  if (!elementType)
    return fail(path, what + "has element type " +
                          onnx::getElementTypeName(tensor.elem_type()) +
                          ", which is not supported; use a float, integer or "
                          "boolean type");
  if (!tensor.has_shape())
    return fail(path, what + "has no shape; export the model with the shapes "
                             "of its inputs");
  SmallVector<int64_t> shape;
  for (const auto &dim : tensor.shape().dim()) {
    if (failed(checkName(path, "dimension", dim.dim_param(), true)))
      return failure();
    dims.push_back(builder.getStringAttr(dim.dim_param()));
    if (dim.has_dim_value() && dim.dim_value() < -1)
      return fail(path, what + "has the negative dimension " +
                            Twine(dim.dim_value()) +
                            "; dimensions must be 0 or more");
    // Some exporters write -1 where others write nothing.
    bool isStatic = dim.has_dim_value() && dim.dim_value() >= 0;
    shape.push_back(isStatic ? dim.dim_value() : ShapedType::kDynamic);
  }
  auto type = makeTensorType(shape, elementType);
  if (!type)
    return fail(path, what + toString(type.takeError()));
  return *type;
}

LogicalResult Importer::checkInputIsInitializer(const pb::ValueInfoProto &input,
                                                RankedTensorType type) {
  const pb::TypeProto::Tensor &tensor = input.type().tensor_type();
  bool agrees = input.type().has_tensor_type() &&
                onnx::getElementType(&context, tensor.elem_type()) ==
                    type.getElementType();
  if (agrees && tensor.has_shape()) {
    agrees = tensor.shape().dim_size() == type.getRank();
    for (int64_t i = 0; agrees && i < type.getRank(); ++i) {
      const auto &dim = tensor.shape().dim(i);
      agrees = !dim.has_dim_value() || dim.dim_value() == -1 ||
               dim.dim_value() == type.getDimSize(i);
    }
  }
  if (!agrees)
    return fail(path, "input '" + input.name() +
                          "' has another type than the initializer of that "
                          "name; export the model again");
  return success();
}

LogicalResult Importer::importInput(const pb::ValueInfoProto &input,
                                    Scope &scope, Block *body,
                                    SmallVectorImpl<Attribute> &attrs) {
  SmallVector<Attribute> dims;
  auto type = getInputType(input, dims);
  if (failed(type))
    return failure();
  attrs.push_back(builder.getDictionaryAttr(
      {builder.getNamedAttr(nn::kNameAttr, builder.getStringAttr(input.name())),
       builder.getNamedAttr(onnx::kDimsAttr, builder.getArrayAttr(dims))}));
  scope.values[input.name()] = body->addArgument(*type, locate(input.name()));
  return success();
}

LogicalResult Importer::importMain() {
  const pb::GraphProto &graph = model.proto->graph();
  if (graph.output_size() == 0)
    return fail(path, "the graph has no outputs; export the model again");

  auto main = func::FuncOp::create(builder, locate(path), "main",
                                   builder.getFunctionType({}, {}));
  Block *body = mainBody = main.addEntryBlock();
  Scope scope;
  scope.opsets = &opsets;
  llvm::StringSet<> inputNames;
  SmallVector<Attribute> inputAttrs;
  for (const pb::ValueInfoProto &input : graph.input()) {
    if (failed(checkName(path, "graph input", input.name())))
      return failure();
    if (!inputNames.insert(input.name()).second)
      return fail(path, "graph input '" + input.name() +
                            "' is defined twice; export the model again");
    // Before IR version 4 every initializer was an input, too.
    auto initializer = initializers.find(input.name());
    if (initializer != initializers.end()) {
      if (failed(checkInputIsInitializer(
              input, cast<RankedTensorType>(initializer->second.getType()))))
        return failure();
    } else if (failed(importInput(input, scope, body, inputAttrs))) {
      return failure();
    }
  }

  builder.setInsertionPointToStart(body);
  if (failed(importNodes(graph.node(), scope)))
    return failure();

  SmallVector<Value> results;
  SmallVector<Attribute> resultAttrs;
  llvm::StringSet<> outputNames;
  for (const pb::ValueInfoProto &output : graph.output()) {
    if (failed(checkName(path, "graph output", output.name())))
      return failure();
    if (!outputNames.insert(output.name()).second)
      return fail(path, "graph output '" + output.name() +
                            "' is listed twice; export the model again");
    if (output.has_type() && !output.type().has_tensor_type() &&
        !isTableOfRows(output.type()))
      return fail(path, "graph output '" + output.name() + "' is a " +
                            getKind(output.type()) +
                            "; only tensors are supported");
    Value value = lookup(output.name(), scope);
    if (!value)
      return fail(path, "graph output '" + output.name() +
                            "' is the output of no node; export the model "
                            "again");
    if (isa<onnx::NoneType>(value.getType()))
      return fail(path, "graph output '" + output.name() +
                            "' is an omitted input; export the model again");
    results.push_back(value);
    resultAttrs.push_back(builder.getDictionaryAttr(builder.getNamedAttr(
        nn::kNameAttr, builder.getStringAttr(output.name()))));
  }
  func::ReturnOp::create(builder, locate(path), results);
  main.setFunctionType(builder.getFunctionType(body->getArgumentTypes(),
                                               TypeRange(ValueRange(results))));
  main.setArgAttrsAttr(builder.getArrayAttr(inputAttrs));
  main.setResAttrsAttr(builder.getArrayAttr(resultAttrs));
  return success();
}

FailureOr<OwningOpRef<ModuleOp>> Importer::run() {
  context.getOrLoadDialect<func::FuncDialect>();
  context.getOrLoadDialect<onnx::ONNXDialect>();
  if (failed(checkVersions()) || failed(collectFunctions()) ||
      failed(checkInnerTensors()))
    return failure();

  module = ModuleOp::create(locate(path));
  (*module)->setAttr(onnx::kModelPathAttr, builder.getStringAttr(path));
  (*module)->setAttr(onnx::kIRVersionAttr,
                     builder.getI64IntegerAttr(model.proto->ir_version()));
  if (options.followLinks)
    (*module)->setAttr(onnx::kFollowLinksAttr, builder.getUnitAttr());
  SmallVector<NamedAttribute> versions;
  for (auto &entry : opsets)
    versions.push_back(builder.getNamedAttr(
        entry.first().empty() ? StringRef("ai.onnx") : entry.first(),
        builder.getI64IntegerAttr(entry.second)));
  (*module)->setAttr(onnx::kOpsetsAttr, builder.getDictionaryAttr(versions));

  builder.setInsertionPointToEnd(module->getBody());
  if (failed(importConfigurations()))
    return failure();
  keepValueNames = options.keepValueNames || !configurations.empty();
  if (failed(importInitializers()) || failed(importMain()))
    return failure();
  if (!placements.empty())
    (*module)->setAttr(onnx::kPlacementsAttr, builder.getArrayAttr(placements));
  // Functions repeat the names of values that they pass on.
  if (keepValueNames) {
    llvm::StringSet<> seen;
    llvm::erase_if(valueNodes, [&](NamedAttribute entry) {
      return !seen.insert(entry.getName().getValue()).second;
    });
    (*module)->setAttr(onnx::kValuesAttr,
                       builder.getDictionaryAttr(valueNodes));
  }
  if (model.proto->training_info_size())
    emitWarning(locate(path))
        << "the training information in the model is ignored; use --loss and "
           "--optimizer";
  return std::move(module);
}

//===----------------------------------------------------------------------===//
// Entry points
//===----------------------------------------------------------------------===//

FailureOr<OwningOpRef<ModuleOp>>
dpc::importModelFromBuffer(StringRef bytes, StringRef path,
                           MLIRContext &context, const ImportOptions &options) {
  ModelFile model;
  if (llvm::Error error = parseModelFile(bytes, model))
    return emitImportError(context, path, toString(std::move(error)));
  std::vector<ModelNote> notes =
      restoreParameters(model, bytes, path, options.followLinks);
  auto module = Importer(context, options, path, bytes, model).run();
  if (failed(module) || notes.empty())
    return module;
  // Whether they matter is known when the program is.
  Builder builder(&context);
  SmallVector<Attribute> attrs;
  for (const ModelNote &note : notes)
    attrs.push_back(builder.getStrArrayAttr(
        {note.where.empty() ? path : StringRef(note.where), note.what}));
  (**module)->setAttr(onnx::kTrainingNotesAttr, builder.getArrayAttr(attrs));
  return module;
}

FailureOr<OwningOpRef<ModuleOp>>
dpc::importModel(StringRef path, MLIRContext &context,
                 const ImportOptions &options) {
  auto buffer = openModelFile(path);
  if (!buffer)
    return emitImportError(context, path, toString(buffer.takeError()));
  return importModelFromBuffer((*buffer)->getBuffer(), path, context, options);
}
