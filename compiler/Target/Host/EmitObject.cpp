//===- EmitObject.cpp - From the plan to an object ------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Target/Host/HostTarget.h"
#include "compiler/Target/Host/RoundBFloat.h"
#include "compiler/Target/Host/VectorMath.h"
#include "dialects/Plan/PlanDialect.h"
#include "passes/Lowering/Passes.h"

#include "mlir/IR/OwningOpRef.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/Transforms/IPO/MergeFunctions.h"

using namespace mlir;

namespace {

std::unique_ptr<llvm::TargetMachine> createTarget(ModuleOp module,
                                                  const std::string &wanted) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  std::string error;
  llvm::Triple triple(llvm::sys::getDefaultTargetTriple());
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target) {
    module.emitError("no code can be generated for this machine: ") << error;
    return nullptr;
  }
  std::string cpu = wanted, features;
  if (cpu.empty()) {
    cpu = llvm::sys::getHostCPUName().str();
    llvm::SubtargetFeatures host;
    for (const auto &[feature, enabled] : llvm::sys::getHostCPUFeatures())
      host.AddFeature(feature, enabled);
    features = host.getString();
  } else {
    std::unique_ptr<llvm::MCSubtargetInfo> known(
        target->createMCSubtargetInfo(triple, "", ""));
    if (!known->isCPUStringValid(cpu)) {
      module.emitError("unknown CPU '")
          << cpu << "'; clang --print-supported-cpus lists the names";
      return nullptr;
    }
  }
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Standard;
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      triple, cpu, features, options, llvm::Reloc::PIC_, std::nullopt,
      llvm::CodeGenOptLevel::Aggressive));
}

void addBytes(llvm::Module &module, StringRef name, StringRef bytes) {
  llvm::LLVMContext &context = module.getContext();
  auto add = [&](const llvm::Twine &symbol, llvm::Constant *value) {
    return new llvm::GlobalVariable(
        module, value->getType(),
        /*isConstant=*/true, llvm::GlobalValue::ExternalLinkage, value, symbol);
  };
  add(name, llvm::ConstantDataArray::getString(context, bytes));
  add(name + "_size",
      llvm::ConstantInt::get(llvm::Type::getInt64Ty(context), bytes.size()));
}

void optimize(llvm::Module &module, llvm::TargetMachine &target,
              const llvm::TargetLibraryInfoImpl &library) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PipelineTuningOptions tuning;
  tuning.LoopVectorization = true;
  tuning.SLPVectorization = true;
  llvm::PassBuilder builder(&target, tuning);
  functions.registerPass([&] { return llvm::TargetLibraryAnalysis(library); });
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  // The layers of a deep model have the same few kernels.
  llvm::ModulePassManager pm;
  pm.addPass(llvm::MergeFunctionsPass());
  pm.addPass(
      builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3));
  pm.run(module, modules);
}

/// An optimized LLVM module and what it was optimized for.
struct Compiled {
  llvm::LLVMContext context;
  std::unique_ptr<llvm::TargetMachine> target;
  std::unique_ptr<llvm::TargetLibraryInfoImpl> library;
  std::unique_ptr<llvm::Module> module;
  /// Of the parameters, in the module.
  llvm::GlobalVariable *hash = nullptr;
};

std::unique_ptr<Compiled> compileModule(ModuleOp source,
                                        const dpc::HostTarget &host,
                                        const dpc::CodegenOptions &options) {
  auto result = std::make_unique<Compiled>();
  result->target = createTarget(source, options.cpu);
  if (!result->target)
    return nullptr;

  OwningOpRef<ModuleOp> lowered = source.clone();
  if (!source.getOps<dpc::plan::ProgramOp>().empty()) {
    PassManager pm(source.getContext());
    host.addKernelPasses(pm);
    pm.addPass(dpc::createPlanToLLVM());
    // Once at the end: a step has so many instructions that to verify after
    // each pass takes as long as the passes.
    pm.enableVerifier(false);
    // Fails where no option of MLIR was given.
    (void)applyPassManagerCLOptions(pm);
    if (failed(pm.run(*lowered)) || failed(verify(*lowered)))
      return nullptr;
  }

  DialectRegistry registry;
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  source.getContext()->appendDialectRegistry(registry);
  result->module =
      translateModuleToLLVMIR(*lowered, result->context, "dpc_program");
  if (!result->module)
    return nullptr;
  llvm::Module &module = *result->module;
  llvm::TargetMachine &target = *result->target;
  module.setTargetTriple(target.getTargetTriple());
  module.setDataLayout(target.createDataLayout());
  module.setPICLevel(llvm::PICLevel::BigPIC);
  module.setPIELevel(llvm::PIELevel::Large);
  addBytes(module, "dpc_program_json", options.programJSON);
  addBytes(module, "dpc_model_template", options.modelTemplate);
  std::string processor = target.getTargetCPU().str();
  for (const llvm::SubtargetFeatureKV &feature :
       target.getMCSubtargetInfo()->getEnabledProcessorFeatures())
    processor += std::string(" ") + feature.Key;
  addBytes(module, "dpc_cpu", processor);
  llvm::Constant *hash =
      llvm::ConstantInt::get(llvm::Type::getInt64Ty(result->context), 0);
  result->hash = new llvm::GlobalVariable(
      module, hash->getType(), /*isConstant=*/true,
      llvm::GlobalValue::ExternalLinkage, hash, "dpc_parameters_hash");
  bool hasWideVectors = target.getTargetTriple().isX86() &&
                        target.getMCSubtargetInfo()->checkFeatures("+avx512f");
  for (llvm::Function &function : module) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", target.getTargetCPU());
    function.addFnAttr("target-features", target.getTargetFeatureString());
    // LLVM keeps to 256 bits on several CPUs that have 512.
    if (hasWideVectors)
      function.addFnAttr("prefer-vector-width", "512");
    function.setDoesNotThrow();
    if (function.hasLocalLinkage())
      function.setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);
  }
  result->library =
      std::make_unique<llvm::TargetLibraryInfoImpl>(target.getTargetTriple());
  dpc::addVectorMath(*result->library, target);
  dpc::roundBFloats(module, target);
  optimize(module, target, *result->library);
  return result;
}

} // namespace

FailureOr<std::string>
dpc::HostTarget::emitText(ModuleOp module,
                          const CodegenOptions &options) const {
  std::unique_ptr<Compiled> compiled = compileModule(module, *this, options);
  if (!compiled)
    return failure();
  std::string text;
  llvm::raw_string_ostream os(text);
  compiled->module->print(os, nullptr);
  return text;
}

FailureOr<llvm::SmallVector<char, 0>>
dpc::HostTarget::emitObject(ModuleOp module,
                            const CodegenOptions &options) const {
  std::unique_ptr<Compiled> compiled = compileModule(module, *this, options);
  if (!compiled)
    return failure();
  if (options.parametersHash) {
    FailureOr<uint64_t> hash = options.parametersHash();
    if (failed(hash))
      return failure();
    compiled->hash->setInitializer(
        llvm::ConstantInt::get(compiled->hash->getValueType(), *hash));
  }
  llvm::SmallVector<char, 0> object;
  llvm::raw_svector_ostream os(object);
  llvm::legacy::PassManager pm;
  pm.add(new llvm::TargetLibraryInfoWrapperPass(*compiled->library));
  if (compiled->target->addPassesToEmitFile(pm, os, nullptr,
                                            llvm::CodeGenFileType::ObjectFile))
    return module.emitError("LLVM emits no object files for this machine");
  pm.run(*compiled->module);
  return object;
}
