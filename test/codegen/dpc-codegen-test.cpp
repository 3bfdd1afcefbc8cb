//===- dpc-codegen-test.cpp - Compiled programs against the reference -----===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Reads local-level functions (nn.program), lowers and compiles them, runs the
// code on all ranks, and compares every result, and every parameter and state
// that was replaced in place, with the reference interpreter's.
//
//   dpc-codegen-test FILE.mlir               compare
//   dpc-codegen-test FILE.mlir --time N      and time N runs of every program
//   dpc-codegen-test FILE.mlir --json|--plan|--ir|--object FILE
//   dpc-codegen-test FILE.mlir --executable FILE|--parameters FILE
//   dpc-codegen-test FILE.mlir --target sim --executable FILE    (SimTarget.h)
//   dpc-codegen-test FILE.mlir --target cuda        compare (DeviceKernels.h)
//
// A float argument is random in [-2, 2), or in its `test.range`; `test.value`
// sets it.
//
//===----------------------------------------------------------------------===//

#include "compiler/Codegen/Codegen.h"
#include "compiler/Codegen/OutputFile.h"
#include "compiler/Planner/PlanReport.h"
#include "compiler/Reference/Interpreter.h"
#include "compiler/Target/Target.h"
#include "dialects/NN/Signature.h"
#include "dialects/Plan/PlanDialect.h"
#include "passes/Lowering/AddPasses.h"
#include "test/codegen/DeviceKernels.h"
#include "test/codegen/FakeRuntime.h"
#include "test/codegen/SimTarget.h"
#include "test/lib/TestPasses.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"

#include <chrono>
#include <cmath>
#include <dlfcn.h>
#include <random>

using namespace mlir;
using namespace dpc;
using nn::ReferenceTensor;
namespace cl = llvm::cl;

static cl::opt<std::string> input(cl::Positional, cl::Required);
static cl::opt<bool> printJSON("json"), printText("plan"), printIR("ir");
static cl::opt<std::string> objectPath("object"), cpu("cpu"),
    targetName("target"), executablePath("executable"),
    parametersPath("parameters");
static cl::opt<unsigned> timedRuns("time");
static cl::opt<double> tolerance("tolerance", cl::init(2e-5));

namespace {

/// A program's values at the reference level.
struct Expected {
  std::string name;
  /// By rank and argument or result.
  std::vector<std::vector<ReferenceTensor>> arguments, results;
  std::vector<DictionaryAttr> resultAttrs;
};

bool isSplit(DictionaryAttr attrs) {
  auto sharding =
      attrs ? attrs.getAs<dist::ShardingAttr>(dist::kShardingAttr) : nullptr;
  return sharding && sharding.isSplit();
}

ReferenceTensor makeValue(func::FuncOp func, unsigned i, unsigned seed) {
  DictionaryAttr attrs = func.getArgAttrDict(i);
  if (auto value = attrs.getAs<DenseElementsAttr>("test.value"))
    return ReferenceTensor::fromAttr(value);
  ReferenceTensor tensor(cast<RankedTensorType>(func.getArgumentTypes()[i]));
  Type type = tensor.type.getElementType();
  double low = -2, high = 2;
  if (auto range = attrs.getAs<ArrayAttr>("test.range")) {
    low = cast<FloatAttr>(range[0]).getValueAsDouble();
    high = cast<FloatAttr>(range[1]).getValueAsDouble();
  } else if (!isa<FloatType>(type)) {
    auto classes = attrs.getAs<IntegerAttr>("nn.classes");
    low = 0;
    high = classes ? classes.getInt() : type.isInteger(1) ? 2 : 100;
  }
  std::mt19937 random(seed);
  for (int64_t i = 0; i < tensor.size(); ++i) {
    double value = low + (high - low) * (random() / 4294967296.0);
    tensor.setNumber(i, tensor.isFloat() ? static_cast<float>(value)
                                         : std::floor(value));
  }
  return tensor;
}

FailureOr<Expected> evaluate(func::FuncOp func, dist::MeshOp mesh) {
  Expected expected;
  expected.name = func->getAttrOfType<StringAttr>("nn.program").str();
  int64_t numRanks = mesh ? mesh.getNumRanks() : 1;
  for (int64_t rank = 0; rank < numRanks; ++rank) {
    auto &arguments = expected.arguments.emplace_back();
    for (unsigned i = 0; i < func.getNumArguments(); ++i)
      arguments.push_back(makeValue(
          func, i, i + 1000 * (isSplit(func.getArgAttrDict(i)) ? rank : 0)));
  }
  auto results = interpret(func, expected.arguments, mesh);
  if (failed(results))
    return failure();
  expected.results = std::move(*results);
  for (unsigned i = 0; i < func.getNumResults(); ++i)
    expected.resultAttrs.push_back(func.getResultAttrDict(i));
  return expected;
}

/// The bytes of `type`'s elements; the reference knows them as numbers.
void store(const ReferenceTensor &tensor, char *to) {
  Type type = tensor.type.getElementType();
  for (nn::ReferenceElement value : tensor.data) {
    size_t bytes = plan::getElementBytes(type);
    if (type.isF32()) {
      float f32 = static_cast<float>(value.real);
      std::memcpy(to, &f32, 4);
    } else {
      // Of an integer, its low bytes.
      std::memcpy(to, &value, bytes);
    }
    to += bytes;
  }
}

/// The tensor whose elements lie at `from`.
ReferenceTensor load(RankedTensorType type, const char *from) {
  ReferenceTensor tensor(type);
  Type elementType = type.getElementType();
  size_t bytes = plan::getElementBytes(elementType);
  for (int64_t i = 0; i < tensor.size(); ++i, from += bytes) {
    uint64_t bits = 0;
    std::memcpy(&bits, from, bytes);
    if (elementType.isF64())
      tensor.data[i].real = llvm::bit_cast<double>(bits);
    else if (elementType.isF32())
      tensor.data[i].real = llvm::bit_cast<float>(static_cast<uint32_t>(bits));
    else
      tensor.setInteger(i, llvm::APSInt(llvm::APInt(64, bits)));
  }
  return tensor;
}

class Runner {
public:
  Runner(ModuleOp plan, llvm::orc::LLJIT &jit, bool hasDevice)
      : plan(plan), jit(jit), mesh(dist::getMesh(plan)), hasDevice(hasDevice) {}

  int run(const Expected &expected) {
    auto program = plan.lookupSymbol<plan::ProgramOp>(expected.name);
    auto symbol = jit.lookup("dpc_" + expected.name);
    if (!program || !symbol) {
      llvm::errs() << "no program " << expected.name << '\n';
      return 1;
    }
    int64_t bytes = plan::getArena(plan, -1).getLength();
    std::vector<char *> arenas;
    for (const auto &arguments : expected.arguments) {
      arenas.push_back(static_cast<char *>(std::aligned_alloc(64, bytes + 64)));
      std::memset(arenas.back(), 0xff, bytes); // NaN
      unsigned i = 0;
      for (auto slot : program.getBody().getOps<plan::SlotOp>())
        if (i < arguments.size())
          store(arguments[i++], arenas.back() + slot.getOffset());
    }
    llvm::SmallVector<ArrayAttr> groups = plan::getGroups(plan);
    if (hasDevice)
      test::setDeviceArenas(arenas, bytes);
    test::World world(mesh, {groups.begin(), groups.end()}, arenas.size());
    auto *step = symbol->toPtr<DpcStepFn>();
    test::runOnAllRanks(world, step, arenas);
    int failures = 0;
    for (auto [rank, arena] : llvm::enumerate(arenas))
      for (auto [i, attrs] : llvm::enumerate(expected.resultAttrs))
        failures += compare(expected, program, rank, i, attrs, arena);
    llvm::outs() << expected.name << ": "
                 << (failures ? "FAILED" : "agrees with the reference") << '\n';
    if (timedRuns)
      time(world, step, arenas, expected.name);
    for (char *arena : arenas)
      std::free(arena);
    return failures;
  }

private:
  int compare(const Expected &expected, plan::ProgramOp program, size_t rank,
              size_t result, DictionaryAttr attrs, const char *arena) {
    nn::SignatureEntry entry(attrs);
    if (entry.isOnFirstRank() && rank != 0)
      return 0;
    for (auto slot : program.getBody().getOps<plan::SlotOp>()) {
      nn::SignatureEntry other(slot->getDiscardableAttrDictionary());
      if (other.getRole() != entry.getRole() ||
          other.getName() != entry.getName() ||
          slot->hasAttr(plan::kResultAttr) == entry.isPersistent())
        continue;
      const ReferenceTensor &wanted = expected.results[rank][result];
      ReferenceTensor found = load(wanted.type, arena + slot.getOffset());
      for (int64_t i = 0; i < wanted.size(); ++i) {
        double got = found.getNumber(i), want = wanted.getNumber(i);
        double error = std::abs(got - want) / std::max(1.0, std::abs(want));
        bool isSame = wanted.isFloat()
                          ? error <= tolerance || got == want ||
                                (std::isnan(got) && std::isnan(want))
                          : found.getInteger(i) == wanted.getInteger(i);
        if (isSame)
          continue;
        llvm::errs() << expected.name << " rank " << rank << " result "
                     << entry.getNameAttr() << '[' << i
                     << llvm::format("]: %.9g, reference %.9g\n", got, want);
        return 1;
      }
      return 0;
    }
    llvm::errs() << "no slot for result " << attrs << '\n';
    return 1;
  }

  void time(test::World &world, DpcStepFn step,
            const std::vector<char *> &arenas, const std::string &name) {
    auto start = std::chrono::steady_clock::now();
    for (unsigned i = 0; i < timedRuns; ++i)
      test::runOnAllRanks(world, step, arenas);
    std::chrono::duration<double, std::micro> time =
        std::chrono::steady_clock::now() - start;
    llvm::errs() << name
                 << llvm::format(": %.1f us\n", time.count() / timedRuns);
  }

  ModuleOp plan;
  llvm::orc::LLJIT &jit;
  dist::MeshOp mesh;
  bool hasDevice;
};

int writeFile(StringRef path, ArrayRef<char> bytes) {
  std::error_code code;
  llvm::raw_fd_ostream os(path, code);
  os.write(bytes.data(), bytes.size());
  return code ? 1 : 0;
}

int runTool(ModuleOp module, const Target &target) {
  std::vector<Expected> expectations;
  bool compares = !printJSON && !printText && !printIR && objectPath.empty() &&
                  executablePath.empty() && parametersPath.empty();
  for (auto func : module.getOps<func::FuncOp>())
    if (compares && func->hasAttr("nn.program")) {
      FailureOr<Expected> expected = evaluate(func, dist::getMesh(module));
      if (failed(expected))
        return 1;
      expectations.push_back(std::move(*expected));
    }
  PassManager pm(module.getContext());
  addLoweringPasses(pm);
  if (failed(pm.run(module)))
    return 1;
  nlohmann::ordered_json json = makePlanJSON(module);
  if (printJSON)
    llvm::outs() << json.dump(2) << '\n';
  if (printText)
    printPlan(module, llvm::outs());
  CodegenOptions options;
  options.cpu = cpu;
  options.programJSON = json.dump();
  if (printIR) {
    FailureOr<std::string> text = target.emitText(module, options);
    if (failed(text))
      return 1;
    llvm::outs() << *text;
  }
  if (printJSON || printText || printIR)
    return 0;
  OutputFile parameters(module.getContext(), parametersPath);
  if (!parametersPath.empty() &&
      (failed(writeSafetensors(module, ".", "", parameters)) ||
       failed(parameters.commit())))
    return 1;
  if (!parametersPath.empty() && executablePath.empty())
    return 0;
  auto object = target.emitObject(module, options);
  if (failed(object))
    return 1;
  OutputFile executable(module.getContext(), executablePath);
  if (!executablePath.empty())
    return failed(target.link(*object, executable)) ||
           failed(executable.commit());
  if (!objectPath.empty())
    return writeFile(objectPath, *object);

  llvm::ExitOnError check("dpc-codegen-test: ");
  dlopen("libmvec.so.1", RTLD_NOW | RTLD_GLOBAL);
  auto jit = check(llvm::orc::LLJITBuilder().create());
  llvm::orc::SymbolMap symbols;
  std::map<std::string, void *> functions = test::getRuntimeFunctions();
  functions.merge(test::getDeviceFunctions());
  for (auto [name, address] : functions)
    symbols[jit->mangleAndIntern(name)] = {
        llvm::orc::ExecutorAddr::fromPtr(address),
        llvm::JITSymbolFlags::Exported};
  llvm::orc::JITDylib &dylib = jit->getMainJITDylib();
  check(dylib.define(llvm::orc::absoluteSymbols(symbols)));
  dylib.addGenerator(
      check(llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
          jit->getDataLayout().getGlobalPrefix())));
  check(jit->addObjectFile(llvm::MemoryBuffer::getMemBufferCopy(
      StringRef(object->data(), object->size()))));
  bool hasDevice = target.getName() == "cuda";
  if (hasDevice) {
    auto find = [&](StringRef name) { return check(jit->lookup(name)); };
    auto *names = find("dpc_device_kernels").toPtr<const char *>();
    auto *size = find("dpc_device_kernels_size").toPtr<const uint64_t *>();
    if (!test::loadDeviceKernels(find("dpc_device_ptx").toPtr<const char *>(),
                                 StringRef(names, *size)))
      return 1;
  }
  int failures = 0;
  for (const Expected &expected : expectations)
    failures += Runner(module, *jit, hasDevice).run(expected);
  return failures != 0;
}

} // namespace

int main(int argc, char **argv) {
  cl::ParseCommandLineOptions(argc, argv);
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  DialectRegistry registry;
  registry.insert<dist::DistDialect, nn::NNDialect, plan::PlanDialect,
                  LLVM::LLVMDialect, func::FuncDialect>();
  registerTargets(registry);
  test::registerDialects(registry);
  MLIRContext context(registry);
  auto module = parseSourceFile<ModuleOp>(input, &context);
  if (!module)
    return 1;
  static const test::SimTarget sim;
  context.getOrLoadDialect<plan::PlanDialect>()->addTarget(sim);
  const Target *target =
      targetName == sim.getName() ? &sim : findTarget(targetName);
  if (!target)
    return 1;
  (*module)->setAttr(plan::kTargetAttr,
                     StringAttr::get(&context, target->getName()));
  return runTool(*module, *target);
}
