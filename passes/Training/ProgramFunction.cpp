//===- ProgramFunction.cpp - Arguments and results by role ----------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Training/ProgramFunction.h"

using namespace mlir;

namespace dpc {

bool ProgramFunction::isProgram(StringRef name) {
  auto program = func->getAttrOfType<StringAttr>(nn::kProgramAttr);
  return program && program.getValue() == name;
}

void ProgramFunction::setProgram(StringRef name) {
  func.setName(name);
  func->setAttr(nn::kProgramAttr, StringAttr::get(func.getContext(), name));
}

BlockArgument ProgramFunction::findArgument(nn::Role role, StringRef name) {
  for (BlockArgument argument : getArguments(role))
    if (getArgName(argument.getArgNumber()) == name)
      return argument;
  return {};
}

SmallVector<BlockArgument> ProgramFunction::getArguments(nn::Role role) {
  SmallVector<BlockArgument> arguments;
  for (BlockArgument argument : func.getArguments())
    if (getArgRole(argument.getArgNumber()) == role)
      arguments.push_back(argument);
  return arguments;
}

unsigned ProgramFunction::addArguments(nn::Role role,
                                       ArrayRef<NewArgument> arguments) {
  MLIRContext *context = func.getContext();
  unsigned index = 0;
  for (unsigned i = 0; i < func.getNumArguments(); ++i)
    if (getArgRole(i).value_or(nn::Role::Input) <= role)
      index = i + 1;
  SmallVector<unsigned> indices(arguments.size(), index);
  SmallVector<Type> types;
  SmallVector<DictionaryAttr> attrs;
  SmallVector<Location> locations;
  for (const NewArgument &argument : arguments) {
    types.push_back(argument.type);
    attrs.push_back(nn::SignatureEntry::make(context, role, argument.name,
                                             NamedAttrList(argument.attrs)));
    locations.push_back(argument.loc);
  }
  LogicalResult inserted =
      func.insertArguments(indices, types, attrs, locations);
  assert(succeeded(inserted) && "a function with a body takes arguments");
  (void)inserted;
  return index;
}

BlockArgument ProgramFunction::addArgument(Type type, nn::Role role,
                                           StringRef name, Location loc,
                                           ArrayRef<NamedAttribute> attrs) {
  return func.getArgument(
      addArguments(role, {{type, name.str(), loc, llvm::to_vector(attrs)}}));
}

BlockArgument ProgramFunction::addHyperParameter(StringRef name,
                                                 double defaultValue,
                                                 StringRef help, double limit,
                                                 double least) {
  Builder builder(func.getContext());
  return addArgument(
      RankedTensorType::get({}, builder.getF32Type()), nn::Role::Scalar, name,
      NameLoc::get(builder.getStringAttr(name)),
      {builder.getNamedAttr(nn::kDefaultAttr,
                            builder.getF64FloatAttr(defaultValue)),
       builder.getNamedAttr(nn::kHelpAttr, builder.getStringAttr(help)),
       builder.getNamedAttr(nn::kLimitsAttr,
                            builder.getDenseF64ArrayAttr({least, limit}))});
}

BlockArgument ProgramFunction::getOrAddInteger(StringRef name) {
  if (BlockArgument argument = findArgument(nn::Role::Scalar, name))
    return argument;
  MLIRContext *context = func.getContext();
  auto type = RankedTensorType::get({}, IntegerType::get(context, 64));
  return addArgument(type, nn::Role::Scalar, name,
                     NameLoc::get(StringAttr::get(context, name)));
}

Operation *ProgramFunction::getTerminator() {
  return func.getBody().front().getTerminator();
}

SmallVector<ProgramFunction::Result> ProgramFunction::getResults() {
  SmallVector<Result> results;
  for (auto [i, value] : llvm::enumerate(getTerminator()->getOperands()))
    results.push_back({value, func.getResultAttrDict(i)});
  return results;
}

void ProgramFunction::setResults(ArrayRef<Result> results) {
  SmallVector<Value> values;
  SmallVector<Type> types;
  SmallVector<DictionaryAttr> attrs;
  for (const Result &result : results) {
    values.push_back(result.value);
    types.push_back(result.value.getType());
    attrs.push_back(result.attrs ? result.attrs
                                 : DictionaryAttr::get(func.getContext()));
  }
  getTerminator()->setOperands(values);
  func.setType(
      FunctionType::get(func.getContext(), func.getArgumentTypes(), types));
  func.setAllResultAttrs(attrs);
}

ProgramFunction::Result ProgramFunction::makeResult(Value value, nn::Role role,
                                                    StringRef name) {
  return {value, nn::SignatureEntry::make(func.getContext(), role, name)};
}

FailureOr<ProgramFunction> lookupFunction(ModuleOp module, StringRef name) {
  auto func = module.lookupSymbol<func::FuncOp>(name);
  if (!func || func.isExternal() || !llvm::hasSingleElement(func.getBody()))
    return module.emitError()
           << "there is no function @" << name << " with one block";
  return ProgramFunction(func);
}

} // namespace dpc
