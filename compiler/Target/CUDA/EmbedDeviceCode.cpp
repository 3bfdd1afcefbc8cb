//===- EmbedDeviceCode.cpp - The device's module to PTX -------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// One text of PTX for all GPUs from sm_80 on, which the driver compiles; where
// ptxas is on PATH, machine code of three generations besides, so that it need
// not.
//
//===----------------------------------------------------------------------===//

#include "compiler/Codegen/RunProgram.h"
#include "compiler/Target/CUDA/DeviceKernel.h"
#include "compiler/Target/CUDA/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace dpc;

static constexpr llvm::StringLiteral kPTXName = "dpc_device_ptx";
/// Ampere, Hopper, Blackwell; each runs on later ones of its kind.
static constexpr int kArchitectures[] = {80, 90, 120};

extern "C" void LLVMInitializeNVPTXTarget();
extern "C" void LLVMInitializeNVPTXTargetInfo();
extern "C" void LLVMInitializeNVPTXTargetMC();
extern "C" void LLVMInitializeNVPTXAsmPrinter();

namespace {

std::unique_ptr<llvm::TargetMachine> createDeviceTarget(ModuleOp module) {
  LLVMInitializeNVPTXTargetInfo();
  LLVMInitializeNVPTXTarget();
  LLVMInitializeNVPTXTargetMC();
  LLVMInitializeNVPTXAsmPrinter();
  std::string error;
  llvm::Triple triple("nvptx64-nvidia-cuda");
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target) {
    module.emitError("this LLVM makes no code for GPUs: ") << error;
    return nullptr;
  }
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Standard;
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      triple, "sm_80", "+ptx80", options, std::nullopt, std::nullopt,
      llvm::CodeGenOptLevel::Aggressive));
}

void optimize(llvm::Module &module, llvm::TargetMachine &target) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&target);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3)
      .run(module, modules);
}

/// A file of its own that goes with the object.
class TemporaryFile {
public:
  explicit TemporaryFile(StringRef suffix) {
    if (llvm::sys::fs::createTemporaryFile("dpc", suffix, path))
      path.clear();
  }
  ~TemporaryFile() {
    if (!path.empty())
      llvm::sys::fs::remove(path);
  }
  TemporaryFile(const TemporaryFile &) = delete;
  StringRef getPath() const { return path; }

private:
  SmallString<128> path;
};

struct EmbedDeviceCode : PassWrapper<EmbedDeviceCode, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(EmbedDeviceCode)

  StringRef getArgument() const override { return "cuda-embed-code"; }
  StringRef getDescription() const override {
    return "The device's module to PTX";
  }
  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<LLVM::LLVMDialect>();
    registerBuiltinDialectTranslation(registry);
    registerLLVMDialectTranslation(registry);
  }

  void runOnOperation() override {
    auto devices = llvm::to_vector(getOperation().getOps<ModuleOp>());
    std::string ptx, names;
    for (ModuleOp device : devices) {
      bool hasKernels = false;
      for (auto kernel : device.getOps<LLVM::LLVMFuncOp>())
        if (kernel->hasAttr(kBlockThreadsAttr)) {
          names += (kernel.getName() + "\n").str();
          hasKernels = true;
        }
      if (hasKernels && failed(compile(device, ptx)))
        return signalPassFailure();
      device.erase();
    }
    // The driver reads up to a zero.
    addBytes(kPTXName, ptx + '\0');
    addBytes("dpc_device_kernels", names);
    for (int architecture : kArchitectures)
      addBytes("dpc_device_sm" + std::to_string(architecture),
               ptx.empty() ? "" : assemble(ptx, architecture));
  }

private:
  LogicalResult compile(ModuleOp device, std::string &ptx) {
    std::unique_ptr<llvm::TargetMachine> target = createDeviceTarget(device);
    if (!target)
      return failure();
    llvm::LLVMContext context;
    std::unique_ptr<llvm::Module> module =
        translateModuleToLLVMIR(device, context, "dpc_device");
    if (!module)
      return failure();
    module->setTargetTriple(target->getTargetTriple());
    module->setDataLayout(target->createDataLayout());
    for (auto kernel : device.getOps<LLVM::LLVMFuncOp>()) {
      llvm::Function *function = module->getFunction(kernel.getName());
      auto threads = kernel->getAttrOfType<IntegerAttr>(kBlockThreadsAttr);
      if (!threads || !function)
        continue;
      function->setCallingConv(llvm::CallingConv::PTX_Kernel);
      function->setDoesNotThrow();
      // Beside it, ptxas takes no .maxntid.
      function->addFnAttr("nvvm.reqntid", std::to_string(threads.getInt()));
    }
    optimize(*module, *target);
    SmallVector<char, 0> text;
    llvm::raw_svector_ostream os(text);
    llvm::legacy::PassManager pm;
    if (target->addPassesToEmitFile(pm, os, nullptr,
                                    llvm::CodeGenFileType::AssemblyFile))
      return device.emitError("LLVM emits no PTX");
    pm.run(*module);
    // What stands in for a driver holds kernels to it (test/hostcuda).
    for (auto kernel : device.getOps<LLVM::LLVMFuncOp>())
      if (auto buffers = kernel->getAttrOfType<StringAttr>(kBuffersAttr))
        os << "// " << kernel.getName() << ": " << buffers.getValue() << '\n';
    ptx.assign(text.begin(), text.end());
    return success();
  }

  /// Machine code; empty where there is no ptxas that knows the architecture.
  static std::string assemble(StringRef ptx, int architecture) {
    llvm::ErrorOr<std::string> ptxas = llvm::sys::findProgramByName("ptxas");
    TemporaryFile source("ptx"), code("cubin");
    if (!ptxas || source.getPath().empty() || code.getPath().empty())
      return {};
    std::error_code error;
    llvm::raw_fd_ostream os(source.getPath(), error);
    os << ptx;
    os.close();
    if (os.has_error()) {
      os.clear_error();
      return {};
    }
    std::string name = "-arch=sm_" + std::to_string(architecture), log;
    if (runProgram({*ptxas, name, "-o", code.getPath(), source.getPath()}, log))
      return {};
    auto bytes = llvm::MemoryBuffer::getFile(code.getPath());
    return bytes ? (*bytes)->getBuffer().str() : std::string();
  }

  void addBytes(StringRef name, StringRef bytes) {
    OpBuilder builder = OpBuilder::atBlockEnd(getOperation().getBody());
    Location loc = getOperation().getLoc();
    auto type = LLVM::LLVMArrayType::get(builder.getI8Type(), bytes.size());
    LLVM::GlobalOp::create(builder, loc, type, /*isConstant=*/true,
                           LLVM::Linkage::External, name,
                           builder.getStringAttr(bytes), /*alignment=*/64);
    LLVM::GlobalOp::create(builder, loc, builder.getI64Type(),
                           /*isConstant=*/true, LLVM::Linkage::External,
                           (name + "_size").str(),
                           builder.getI64IntegerAttr(bytes.size()));
  }
};

} // namespace

std::unique_ptr<Pass> dpc::createEmbedDeviceCode() {
  return std::make_unique<EmbedDeviceCode>();
}

StringRef dpc::getEmbeddedPTX(ModuleOp module) {
  auto global = module.lookupSymbol<LLVM::GlobalOp>(kPTXName);
  auto text = global ? dyn_cast_if_present<StringAttr>(global.getValueOrNull())
                     : StringAttr();
  return text ? text.getValue().drop_back() : StringRef();
}
