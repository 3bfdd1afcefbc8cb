//===- fuzz_readers.cpp - Fuzzing of the file readers ---------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// One source, one program per format: DPC_FUZZ_NPY, DPC_FUZZ_IDX,
// DPC_FUZZ_SAFETENSORS, DPC_FUZZ_GZIP, DPC_FUZZ_PLAN, DPC_FUZZ_MANIFEST or
// DPC_FUZZ_ONNX_WEIGHTS. Beside crashes, it checks what the readers promise: what
// is accepted lies inside of the input,
// and each refusal is one line.
//
//===----------------------------------------------------------------------===//

#include "runtime/Checkpoint/Manifest.h"
#include "runtime/Data/Compressed.h"
#include "runtime/Data/OnnxWeights.h"
#include "runtime/Data/Safetensors.h"
#include "runtime/Data/TensorFile.h"

#include "test/fuzz/Check.h"

using namespace dpc::rt;

[[maybe_unused]] static void checkHeader(const Expected<TensorHeader> &header,
                                         size_t size) {
  if (!header.ok())
    return checkError(header.error());
  require(header->dataOffset <= size);
  require(byteCount(header->shape, header->dtype) == header->dataBytes);
}

/// What a rank does with a plan before it runs anything.
[[maybe_unused]] static void checkPlan(const Program &program, int64_t rank) {
  auto checkTensor = [&](const Tensor &tensor) {
    require(!program.isMine(tensor) ||
            (tensor.offset >= 0 && tensor.offset <= program.memoryBytes &&
             tensor.bytes <= program.memoryBytes - tensor.offset));
  };
  for (const Parameter &parameter : program.parameters) {
    checkTensor(parameter);
    program.isFirstHolder(parameter, rank);
  }
  for (const Tensor &tensor : program.state)
    checkTensor(tensor);
  for (const Input &input : program.inputs) {
    checkTensor(input);
    require(input.microbatches == 1 ||
            input.shape.at(input.batchDim) % input.microbatches == 0);
  }
  for (const Scalar &scalar : program.scalars)
    checkTensor(scalar);
  for (const char *name : {"train", "eval", "infer"}) {
    const StepProgram *step = program.find(name);
    if (!step)
      continue;
    require(&program.programs[step->index] == step);
    for (const Result &result : step->results)
      checkTensor(result);
    for (const Instruction &instruction : step->instructions)
      require(instruction.collective < int64_t(step->collectives.size()));
    for (const Collective &collective : step->collectives)
      program.mesh.firstOfGroup(program.groups.at(collective.group), 0);
  }
}

/// What a resumed training reads lies in its file, and is a part of its tensor.
[[maybe_unused]] static void checkManifest(const Manifest &manifest) {
  for (const SavedTensor &tensor : manifest.tensors) {
    require(manifest.find(tensor.name, tensor.isState) == &tensor);
    int64_t bytes = 0;
    for (const SavedPart &part : tensor.parts) {
      const CheckpointFile &file = manifest.files.at(part.file);
      require(part.offset >= file.headerBytes && part.offset <= file.bytes &&
              part.bytes <= file.bytes - part.offset);
      require(wholeBox(tensor.shape).contains(part.box));
      bytes += static_cast<int64_t>(part.bytes);
    }
    require(bytes == byteCount(tensor.shape, tensor.dtype));
  }
  // With its hash, it is the same.
  std::string text = manifest.write();
  Expected<Manifest> again = parseManifest(text, "again");
  require(again.ok() && again->write() == text);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string_view bytes(reinterpret_cast<const char *>(data), size);
  std::string where = "file";
#if defined(DPC_FUZZ_NPY)
  checkHeader(parseNpyHeader(bytes, where), size);
#elif defined(DPC_FUZZ_IDX)
  checkHeader(parseIdxHeader(bytes, where), size);
#elif defined(DPC_FUZZ_SAFETENSORS)
  Expected<SafetensorsIndex> index = parseSafetensors(bytes, where);
  if (!index.ok()) {
    checkError(index.error());
  } else {
    for (const auto &[name, entry] : *index)
      require(entry.offset <= size && entry.bytes <= size - entry.offset);
  }
#elif defined(DPC_FUZZ_PLAN)
  for (int64_t rank : {0, 1, 5}) {
    Expected<Program> program = parseProgram(bytes, rank);
    if (!program.ok())
      checkError(program.error());
    else
      checkPlan(*program, rank);
  }
#elif defined(DPC_FUZZ_ONNX_WEIGHTS)
  Expected<OnnxWeights> weights = OnnxWeights::parse(bytes, where);
  if (!weights.ok())
    return checkError(weights.error()), 0;
  for (const auto &[name, tensor] : weights->tensors())
    require(byteCount(tensor.shape, tensor.dtype) == tensor.bytes.size());
#elif defined(DPC_FUZZ_MANIFEST)
  Expected<Manifest> manifest = parseManifestFields(bytes, where);
  if (!manifest.ok())
    checkError(manifest.error());
  else
    checkManifest(*manifest);
#elif defined(DPC_FUZZ_GZIP)
  Expected<std::string> prefix =
      decompressPrefix(bytes, maxTensorHeader, where);
  if (!prefix.ok()) {
    checkError(prefix.error());
    return 0;
  }
  checkHeader(parseTensorHeader(*prefix, where), prefix->size());
  Expected<std::string> whole = decompressExactly(bytes, prefix->size(), where);
  if (!whole.ok())
    checkError(whole.error());
  else
    require(*whole == *prefix);
#endif
  return 0;
}
