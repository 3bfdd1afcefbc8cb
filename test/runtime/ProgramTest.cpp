//===- ProgramTest.cpp - The reader of plans ------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Core/Program.h"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

using namespace dpc::rt;

namespace {

/// A program that checks integers, with `change` made to the check's JSON.
std::string makeCheck(const std::function<void(nlohmann::json &)> &change) {
  nlohmann::json json = nlohmann::json::parse(R"({
    "schema": 7, "hash": "x", "ranks": 1, "batch": 4, "memory_bytes": 256, "mesh": {},
    "programs": [{"name": "train", "instructions": [
      {"kind": "check_range", "shape": [2, 3], "global_shape": [4, 3],
       "rows": 4}]}]})");
  change(json["programs"][0]["instructions"][0]);
  return json.dump();
}

TEST(Program, BrokenChecks) {
  Expected<Program> good = parseProgram(makeCheck([](nlohmann::json &) {}));
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(good->programs[0].instructions[0].check->perRow, 3);
  auto isRefused = [](const char *key, const nlohmann::json &value) {
    return !parseProgram(makeCheck([&](nlohmann::json &check) {
              check[key] = value;
            })).ok();
  };
  EXPECT_TRUE(isRefused("shape", nlohmann::json::array({2})));
  EXPECT_TRUE(isRefused("shape", nlohmann::json::array({-2, 3})));
  EXPECT_TRUE(isRefused("global_shape", nullptr));
  EXPECT_TRUE(isRefused("rows", 5));
  EXPECT_TRUE(isRefused("rows", 0));
}

TEST(Program, BrokenPlans) {
  for (const char *text :
       {"", "{", "[]", "{}", "null", "{\"schema\":7,\"hash\": 1}",
        "{\"schema\":7,\"hash\":\"x\",\"ranks\":2,\"batch\":1,\"memory_bytes\":"
        "0,"
        "\"mesh\":{\"data\":3}}"})
    EXPECT_FALSE(parseProgram(text).ok()) << text;
}

/// An evaluation with a metric, with `change` made to that.
std::string makeMetric(const std::function<void(nlohmann::json &)> &change) {
  nlohmann::json json = nlohmann::json::parse(R"({
    "schema": 7, "hash": "x", "ranks": 1, "batch": 4, "memory_bytes": 256, "mesh": {},
    "programs": [{"name": "eval", "results": [
      {"name": "sum", "dtype": "f64", "shape": [], "offset": 0, "bytes": 8},
      {"name": "list", "dtype": "f32", "shape": [8], "offset": 64, "bytes": 32},
      {"name": "odd", "dtype": "f32", "shape": [7], "offset": 128, "bytes": 28}]}],
    "metrics": [{"name": "loss", "kind": "mean", "results": ["sum", "sum"]}]})");
  change(json["metrics"]);
  return json.dump();
}

TEST(Program, BrokenMetrics) {
  auto isRead = [](const char *kind, const nlohmann::json &results) {
    return parseProgram(makeMetric([&](nlohmann::json &metrics) {
             metrics[0]["kind"] = kind;
             metrics[0]["results"] = results;
           }))
        .ok();
  };
  EXPECT_TRUE(isRead("mean", {"sum", "sum"}));
  EXPECT_TRUE(isRead("mean", {"sum", "sum", "sum", "sum"}));
  EXPECT_TRUE(isRead("macro_f1", {"list", "list"}));
  EXPECT_TRUE(isRead("area", {"list", "list", "list"}));
  EXPECT_FALSE(isRead("median", {"sum", "sum"}));
  EXPECT_FALSE(isRead("mean", nlohmann::json::array()));
  EXPECT_FALSE(isRead("mean", {"sum", "sum", "sum"}));
  EXPECT_FALSE(isRead("mean", {"sum", "none"}));
  EXPECT_FALSE(isRead("mean", {"sum", "list"}));
  EXPECT_FALSE(isRead("exp", {"sum", "sum", "sum", "sum"}));
  EXPECT_FALSE(isRead("macro_f1", {"list", "odd"}));
  EXPECT_FALSE(isRead("area", {"list", "list"}));
  // Not so many for each row.
  EXPECT_FALSE(isRead("area", {"odd", "odd", "odd"}));
  EXPECT_FALSE(parseProgram(makeMetric([](nlohmann::json &metrics) {
                 metrics = nlohmann::json::array();
               })).ok());
  EXPECT_FALSE(parseProgram(makeMetric([](nlohmann::json &metrics) {
                 metrics[0]["weights"] = {1, 2};
               })).ok());
}

/// A pipeline of two stages on four ranks, with `change` made to its JSON.
std::string
makeStages(const std::function<void(nlohmann::json &)> &change = {}) {
  nlohmann::json json = nlohmann::json::parse(R"({
    "schema": 7, "hash": "x", "ranks": 4, "batch": 4, "memory_bytes": 256,
    "mesh": {"data": 2, "pipe": 2}, "groups": [["pipe"]],
    "memory_per_stage": [{"stage": 0, "memory_bytes": 256},
                         {"stage": 1, "memory_bytes": 128}],
    "parameters": [
      {"name": "w", "dtype": "f32", "shape": [16], "offset": 0, "bytes": 64,
       "stage": 0},
      {"name": "v", "dtype": "f32", "shape": [2], "offset": 0, "bytes": 8,
       "stage": 1, "global_shape": [3], "dim_axes": [["data"]]}],
    "inputs": [
      {"name": "x", "dtype": "f32", "shape": [2], "global_shape": [4],
       "offset": 64, "bytes": 8, "batch_dim": 0, "batch_axes": ["data"],
       "stage": 0},
      {"name": "x", "dtype": "f32", "shape": [2], "global_shape": [4],
       "offset": 8, "bytes": 8, "batch_dim": 0, "batch_axes": ["data"],
       "stage": 1}],
    "scalars": [{"name": "lr", "dtype": "f32", "offset": 64, "stage": 1}],
    "programs": [
      {"name": "train", "stage": 0,
       "collectives": [{"kind": "send", "group": 0, "peer": 1}],
       "results": [{"name": "loss", "role": "loss", "dtype": "f32",
                    "shape": [], "global_shape": [], "offset": 252,
                    "bytes": 4}]},
      {"name": "train", "stage": 1,
       "collectives": [{"kind": "recv", "group": 0, "peer": 0}]}]})");
  if (change)
    change(json);
  return json.dump();
}

TEST(Program, EveryRankHasItsStage) {
  for (int64_t rank = 0; rank < 4; ++rank) {
    Expected<Program> program = parseProgram(makeStages(), rank);
    ASSERT_TRUE(program.ok()) << program.error().line();
    int64_t stage = rank % 2;
    EXPECT_EQ(program->stage, stage);
    EXPECT_EQ(program->memoryBytes, stage == 0 ? 256 : 128);
    // All parameters are known everywhere: rank 0 collects them.
    ASSERT_EQ(program->parameters.size(), 2u);
    EXPECT_EQ(program->isMine(program->parameters[0]), stage == 0);
    ASSERT_EQ(program->inputs.size(), 1u);
    EXPECT_TRUE(program->isMine(program->inputs[0]));
    EXPECT_EQ(program->inputs[0].offset, stage == 0 ? 64 : 8);
    // A flag that only one stage needs is one everywhere.
    ASSERT_EQ(program->scalars.size(), 1u);
    EXPECT_EQ(program->isMine(program->scalars[0]), stage == 1);
    EXPECT_EQ(program->find("train")->index, size_t(stage));
    EXPECT_EQ(program->find("train")->collectives[0].peer, 1 - stage);
    // Of ranks 0 and 2, which both hold "w", the first one sends it; of ranks 1
    // and 3 each a half of "v".
    EXPECT_EQ(program->isFirstHolder(program->parameters[0], rank), rank == 0);
    EXPECT_EQ(program->isFirstHolder(program->parameters[1], rank), stage == 1);
  }
}

TEST(Program, BrokenStages) {
  using Json = nlohmann::json;
  auto refuses = [](const std::function<void(Json &)> &change) {
    for (int64_t rank = 0; rank < 4; ++rank)
      EXPECT_FALSE(parseProgram(makeStages(change), rank).ok());
  };
  refuses([](Json &json) { json.erase("memory_per_stage"); });
  refuses([](Json &json) { json["memory_per_stage"].erase(0); });
  refuses([](Json &json) { json["memory_per_stage"] = 2; });
  refuses(
      [](Json &json) { json["memory_per_stage"][0]["memory_bytes"] = 512; });
  refuses([](Json &json) { json["memory_per_stage"][1]["memory_bytes"] = -1; });
  // Within the largest arena but not within its own.
  refuses([](Json &json) { json["parameters"][1]["offset"] = 128; });
  for (int64_t stage : {int64_t(-2), int64_t(2), INT64_MAX, INT64_MIN}) {
    refuses([&](Json &json) { json["parameters"][0]["stage"] = stage; });
    refuses([&](Json &json) { json["programs"][1]["stage"] = stage; });
    refuses([&](Json &json) { json["scalars"][0]["stage"] = stage; });
  }
  refuses([](Json &json) { json["inputs"][1]["dtype"] = "i32"; });
  refuses([](Json &json) {
    json["programs"][1]["results"] = json["programs"][0]["results"];
  });
  refuses(
      [](Json &json) { json["programs"][0]["collectives"][0]["peer"] = 2; });
  refuses(
      [](Json &json) { json["programs"][0]["collectives"][0]["peer"] = "1"; });
}

TEST(Program, Microbatches) {
  auto parse = [](int64_t rows, const nlohmann::json &microbatches,
                  int64_t local, int64_t dim = 0) {
    nlohmann::json json = {
        {"schema", 7},          {"hash", "x"},
        {"ranks", 4},           {"batch", rows},
        {"memory_bytes", 4096}, {"mesh", {{"data", 2}, {"expert", 2}}}};
    json["inputs"] = {{{"name", "x"},
                       {"dtype", "u8"},
                       {"shape", {local}},
                       {"global_shape", {rows}},
                       {"offset", 0},
                       {"bytes", local},
                       {"batch_dim", dim},
                       {"batch_axes", {"data", "expert"}},
                       {"microbatches", microbatches}}};
    return parseProgram(json.dump());
  };
  Expected<Program> program = parse(21, 2, 6);
  ASSERT_TRUE(program.ok()) << program.error().line();
  EXPECT_EQ(program->inputs[0].microbatches, 2);
  EXPECT_TRUE(parse(16, 2, 4).ok());
  EXPECT_TRUE(parse(3, 3, 3).ok());
  EXPECT_TRUE(parse(16, 1, 4).ok());
  // More padding than the fewest rows need, but not without bounds.
  EXPECT_TRUE(parse(16, 2, 6).ok());
  EXPECT_FALSE(parse(16, 2, 2 * 6).ok());
  // Rows that nobody has, blocks of unequal length, no such microbatches.
  EXPECT_FALSE(parse(17, 2, 4).ok());
  EXPECT_FALSE(parse(16, 2, 5).ok());
  EXPECT_FALSE(parse(3, 4, 4).ok());
  for (int64_t count : {int64_t(0), int64_t(-2), INT64_MAX, INT64_MIN})
    EXPECT_FALSE(parse(16, count, 4).ok()) << count;
  EXPECT_FALSE(parse(16, "2", 4).ok());
  EXPECT_FALSE(parse(16, nullptr, 4).ok());
  EXPECT_FALSE(parse(16, 2, 4, -1).ok());
}

TEST(Program, MeshCoordinates) {
  Mesh mesh{{{"a", 2}, {"b", 3}}};
  // Rank 4 is a=1, b=1.
  EXPECT_EQ(mesh.linearIndex({"a"}, 4), 1);
  EXPECT_EQ(mesh.linearIndex({"b"}, 4), 1);
  EXPECT_EQ(mesh.linearIndex({"a", "b"}, 4), 4);
  EXPECT_EQ(mesh.linearIndex({"b", "a"}, 4), 3);
  EXPECT_EQ(mesh.linearIndex({}, 4), 0);
  EXPECT_EQ(mesh.firstOfGroup({"a"}, 4), 1);
  EXPECT_EQ(mesh.firstOfGroup({"b"}, 4), 3);
}

TEST(Program, PartsOfAxes) {
  Mesh mesh{{{"a", 2}, {"b", 8}}};
  // Rank 13 is a=1, b=5, which is 101 in base 2.
  EXPECT_EQ(mesh.size({"b:(2)4", "a"}), 8);
  EXPECT_EQ(mesh.linearIndex({"b:(1)2"}, 13), 1);
  EXPECT_EQ(mesh.linearIndex({"b:(2)2"}, 13), 0);
  EXPECT_EQ(mesh.linearIndex({"b:(4)2"}, 13), 1);
  EXPECT_EQ(mesh.linearIndex({"b:(1)4"}, 13), 2);
  EXPECT_EQ(mesh.linearIndex({"b:(4)2", "b:(1)4"}, 13), 6);
  EXPECT_EQ(mesh.firstOfGroup({"b:(1)2", "b:(4)2"}, 13), 8);
  EXPECT_EQ(mesh.firstOfGroup({"a", "b:(2)4"}, 13), 4);

  auto parse = [](std::vector<std::string> axes) {
    nlohmann::json json = {{"schema", 7},
                           {"hash", "x"},
                           {"ranks", 8},
                           {"batch", 4},
                           {"memory_bytes", 64},
                           {"mesh", {{"tensor", 8}}},
                           {"groups", nlohmann::json::array({axes})}};
    return parseProgram(json.dump(), 0);
  };
  EXPECT_TRUE(parse({"tensor:(1)2", "tensor:(4)2"}).ok());
  for (const char *name : {"tensor:(1)3", "tensor:(8)2", "tensor:(0)2",
                           "tensor:(-1)2", "tensor:(1)", "tensor:()2",
                           "tensor:(1)99999999999999999999", "other:(1)2"})
    EXPECT_FALSE(parse({name}).ok()) << name;
  EXPECT_FALSE(parse({"tensor", "tensor:(2)2"}).ok());
  EXPECT_FALSE(parse({"tensor:(1)4", "tensor:(2)2"}).ok());
  EXPECT_FALSE(parse({"tensor:(2)2", "tensor:(2)2"}).ok());
}

/// Six instructions, of which 1 to 3 run four times: a copy that turns over two
/// places, and a send and its wait.
std::string makeLoop(const std::function<void(nlohmann::json &)> &change = {}) {
  nlohmann::json json = nlohmann::json::parse(R"({
    "schema": 7, "hash": "x", "ranks": 2, "batch": 4, "memory_bytes": 256,
    "mesh": {"pipe": 2}, "groups": [["pipe"]],
    "programs": [{"name": "train",
      "collectives": [{"kind": "send", "group": 0, "peer": 1, "times": 2},
                      {"kind": "send", "group": 0, "peer": 1, "times": 2}],
      "loops": [{"begin": 1, "end": 4, "times": 4}],
      "instructions": [{"kind": "kernel"},
        {"kind": "copy", "writes": [{"offset": 64, "dtype": "f32",
          "shape": [16], "turn": [64, 2, 1]}]},
        {"kind": "collective_start", "collective": 0, "turn": [1, 2, 0]},
        {"kind": "wait", "collective": 0, "turn": [1, 2, 0]},
        {"kind": "kernel"}, {"kind": "kernel"}]}]})");
  if (change)
    change(json["programs"][0]);
  return json.dump();
}

TEST(Program, Loops) {
  Expected<Program> program = parseProgram(makeLoop());
  ASSERT_TRUE(program.ok()) << program.error().line();
  const StepProgram &step = program->programs[0];
  EXPECT_EQ(step.instructions[1].writes[0].offsetIn(0), 128);
  EXPECT_EQ(step.instructions[1].writes[0].offsetIn(1), 64);
  EXPECT_EQ(step.instructions[3].collectiveIn(3), 1);
  EXPECT_EQ(step.timesOf(0), 1);
  EXPECT_EQ(step.timesOf(3), 4);
  EXPECT_EQ(step.timesOf(4), 1);
  // Backwards from the last, each once.
  Moment moment = {5, 0};
  for (int64_t number = 14; number >= 0; --number) {
    EXPECT_EQ(step.numberBefore(moment), number);
    moment = step.before(moment);
  }
  EXPECT_EQ(moment.instruction, -1);
}

TEST(Program, BrokenLoops) {
  using Json = nlohmann::json;
  auto refuses = [](const std::function<void(Json &)> &change) {
    EXPECT_FALSE(parseProgram(makeLoop(change)).ok());
  };
  refuses([](Json &json) { json["loops"][0]["end"] = 7; });
  refuses([](Json &json) { json["loops"][0]["begin"] = 5; });
  refuses([](Json &json) { json["loops"][0]["begin"] = -1; });
  refuses([](Json &json) { json["loops"][0]["times"] = 0; });
  refuses([](Json &json) {
    json["loops"].push_back({{"begin", 3}, {"end", 5}, {"times", 2}});
  });
  auto refusesTurn = [&](size_t instruction, const Json &turn) {
    refuses([&](Json &json) {
      Json &entry = json["instructions"][instruction];
      (instruction == 1 ? entry["writes"][0] : entry)["turn"] = turn;
    });
  };
  for (const Json &turn :
       {Json{64, 4, 0}, Json{64, 0, 0}, Json{64, 2, 2}, Json{64, 2, -1},
        Json{-64, 2, 0}, Json{64, 2}, Json{INT64_MAX, 3, 0}, Json("64"),
        Json{1, 2, INT64_MAX}})
    refusesTurn(1, turn);
  // Without a count, a third collective is asked for in the third iteration.
  for (const Json &turn :
       {Json{1, 0, 0}, Json{1, 3, 0}, Json{1, INT64_MAX, 0}, Json{2, 2, 0}})
    refusesTurn(3, turn);
}

/// Names stand in the order of the enumerations.
TEST(Program, NamesOfKinds) {
  EXPECT_EQ(getName(InstructionKind::Kernel), "kernel");
  EXPECT_EQ(getName(InstructionKind::Library), "library");
  EXPECT_EQ(getName(InstructionKind::CollectiveStart), "collective_start");
  EXPECT_EQ(getName(InstructionKind::CheckRange), "check_range");
  EXPECT_EQ(getName(InstructionKind::Copy), "copy");
  EXPECT_EQ(getName(CollectiveKind::AllReduce), "all_reduce");
  EXPECT_EQ(getName(CollectiveKind::Permute), "permute");
  EXPECT_EQ(getName(CollectiveKind::Recv), "recv");
  EXPECT_TRUE(parseProgram(makeStages()).ok());
  EXPECT_FALSE(parseProgram(makeStages([](nlohmann::json &json) {
                 json["programs"][0]["collectives"][0]["kind"] = "mail";
               })).ok());
}

} // namespace
