//===- fuzz_run.cpp - Fuzzing of what a run is told -----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// One source, one program per format: DPC_FUZZ_SETTINGS, DPC_FUZZ_POINTS,
// DPC_FUZZ_METRICS or DPC_FUZZ_TEMPLATE. Beside crashes, it checks that each
// refusal is one line, that settings are read back as they were written, and
// that what is accepted has the promised bounds.
//
//===----------------------------------------------------------------------===//

#include "dialects/Support/Settings.h"
#include "runtime/Core/EarlierMetrics.h"
#include "runtime/Core/RatePoints.h"
#include "runtime/Data/ModelTemplate.h"

#include "test/fuzz/Check.h"

#include <sstream>

using namespace dpc;
using namespace dpc::rt;

[[maybe_unused]] static void checkSettings(std::string_view text) {
  auto check = [](const SettingsError &error) {
    checkError(
        {"FILE.yaml:" + std::to_string(error.line), error.what, error.hint});
  };
  std::vector<Setting> settings;
  if (auto error = parseSettings(text, settings))
    return check(*error);
  std::vector<SettableFlag> flags = {{"data", {"--data"}},
                                     {"lr", {"-l", "--lr"}},
                                     {"quiet", {"-q", "--quiet"}, false},
                                     {"old", {"--old"}, true, true},
                                     {"model", {}}};
  for (const Setting &setting : settings) {
    require(!setting.values.empty() && setting.line > 0);
    std::vector<Setting> again;
    require(!parseSettings(writeSetting("key", setting.values), again));
    require(again.size() == 1 && again[0].values == setting.values);
  }
  for (std::vector<std::string> words :
       {std::vector<std::string>(), {"-l", "1", "MODEL"}}) {
    size_t given = words.size();
    if (auto error = addSettings(settings, flags, words))
      check(*error);
    require(words.size() >= given);
  }
}

[[maybe_unused]] static void checkPoints(std::string_view text) {
  auto points = parsePoints(text, "file");
  if (!points.ok())
    return checkError(points.error());
  require(!points->empty());
  for (int64_t step :
       {int64_t(0), int64_t(1), points->front().step, points->back().step / 2,
        points->back().step, std::numeric_limits<int64_t>::max()}) {
    double rate = interpolatePoints(*points, step);
    require(rate >= 0 && rate <= kLargestRate);
  }
}

[[maybe_unused]] static void checkMetrics(std::string_view text) {
  struct Told : Sink {
    const char *name() const override { return "nothing"; }
    Status step(const StepRecord &record) override {
      require(record.step <= 100);
      return {};
    }
    Status evaluation(int64_t step, const Evaluation &evaluation) override {
      require(step <= 100 && !evaluation.metrics.empty());
      return {};
    }
    Status finish() override { return {}; }
  } told;
  std::istringstream file{std::string(text)}, again{std::string(text)};
  int64_t length = replayMetrics(file, 100, &told);
  require(length >= 0 && length <= int64_t(text.size()));
  require(length == 0 || text[size_t(length) - 1] == '\n');
  require(replayMetrics(again, 100, nullptr) == length);
}

[[maybe_unused]] static void checkTemplate(std::string_view bytes) {
  Program program;
  program.parameters.resize(3);
  const char *names[] = {"w", "fc1.weight", "h"};
  for (size_t i = 0; i < 3; ++i) {
    program.parameters[i].name = names[i];
    program.parameters[i].globalShape = {int64_t(4 * i), 300};
  }
  program.parameters[2].dtype = DPC_F16;
  for (auto format :
       {ModelTemplate::Format::ONNX, ModelTemplate::Format::Safetensors})
    for (uint64_t limit : {uint64_t(1000), uint64_t(1) << 31}) {
      auto model =
          ModelTemplate::parse(bytes, program, "/x/m.onnx", format, limit);
      if (!model.ok()) {
        checkError(model.error());
        continue;
      }
      bool isONNX = format == ModelTemplate::Format::ONNX;
      require(!isONNX || model->bytes() <= limit);
      require(model->dataBytes() == 0 || isONNX);
      for (const auto &[name, parameter] : model->initializers())
        require(parameter >= program.parameters.data() &&
                parameter < program.parameters.data() + 3);
      for (const char *name : names)
        if (const Shape *shape = model->findShape(name))
          require(elementCount(*shape).has_value());
    }
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string_view bytes(reinterpret_cast<const char *>(data), size);
#if defined(DPC_FUZZ_SETTINGS)
  checkSettings(bytes);
#elif defined(DPC_FUZZ_POINTS)
  checkPoints(bytes);
#elif defined(DPC_FUZZ_METRICS)
  checkMetrics(bytes);
#elif defined(DPC_FUZZ_TEMPLATE)
  checkTemplate(bytes);
#endif
  return 0;
}
