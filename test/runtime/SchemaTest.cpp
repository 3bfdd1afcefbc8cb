//===- SchemaTest.cpp - Plans and their schema ----------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/Support/PlanSchema.h"
#include "runtime/Core/Program.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

using namespace dpc;
using Json = nlohmann::ordered_json;

namespace {

Json makeExample(const schema::Record &record);

Json makeExample(const schema::Field &field) {
  switch (field.type) {
  case schema::Integer:
    return 1;
  case schema::Number:
    return 0.5;
  case schema::Text:
    return "text";
  case schema::Flag:
    return true;
  case schema::Dtype:
    return "f32";
  case schema::Integers:
    return {1, 2};
  case schema::Numbers:
    return {0.5, 1};
  case schema::Texts:
    return {"a", "b"};
  case schema::TextLists:
    return Json::array({{"a"}, Json::array()});
  case schema::Sizes:
    return {{"data", 2}};
  case schema::Object:
  case schema::ObjectOrNull:
    return makeExample(*field.record);
  case schema::Objects:
    return Json::array({makeExample(*field.record)});
  }
  return nullptr;
}

/// With all that may be there.
Json makeExample(const schema::Record &record) {
  Json json = Json::object();
  for (const schema::Field &field : record.fields)
    json[field.key] = makeExample(field);
  return json;
}

/// Calls `visit(object, field, path)` for each field of the example.
void forEachField(Json &json, const schema::Record &record,
                  const std::string &prefix,
                  const std::function<void(Json &, const schema::Field &,
                                           const std::string &)> &visit) {
  for (const schema::Field &field : record.fields) {
    std::string path = prefix + field.key;
    if (field.type == schema::Objects)
      forEachField(json[field.key][0], *field.record, path + "[0].", visit);
    else if (field.record)
      forEachField(json[field.key], *field.record, path + ".", visit);
    visit(json, field, path);
  }
}

TEST(Schema, ChecksEveryField) {
  Json plan = makeExample(schema::plan);
  ASSERT_EQ(schema::findFault(plan, true), "");
  int fields = 0;
  forEachField(
      plan, schema::plan, "",
      [&](Json &object, const schema::Field &field, const std::string &path) {
        ++fields;
        Json saved = object;
        object.erase(field.key);
        for (bool isWhole : {false, true}) {
          bool isNeeded = field.presence == schema::Needed ||
                          (isWhole && field.presence == schema::Always);
          EXPECT_EQ(schema::findFault(plan, isWhole),
                    isNeeded ? "it has no \"" + path + "\"" : "");
        }
        object = saved;
        // No field is one of these.
        object[field.key] = Json::array({nullptr});
        EXPECT_NE(schema::findFault(plan, false).find(path), std::string::npos)
            << path;
        object = saved;
        object["Nonsense"] = 1;
        EXPECT_NE(schema::findFault(plan, false).find("Nonsense"),
                  std::string::npos)
            << path;
        object = saved;
      });
  EXPECT_GT(fields, 100);
}

TEST(Schema, DescribesEveryField) {
  std::string text = schema::describe();
  Json plan = makeExample(schema::plan);
  forEachField(
      plan, schema::plan, "",
      [&](Json &, const schema::Field &field, const std::string &) {
        EXPECT_NE(text.find(std::string("\n  ") + field.key), std::string::npos)
            << field.key;
      });
}

TEST(Schema, OtherVersions) {
  Json plan = {{"schema", schema::version},
               {"hash", "x"},
               {"ranks", 1},
               {"batch", 1},
               {"memory_bytes", 0},
               {"mesh", Json::object()}};
  EXPECT_TRUE(rt::parseProgram(plan.dump()).ok());
  plan["schema"] = schema::version + 1;
  plan["something"] = "new";
  rt::Expected<rt::Program> other = rt::parseProgram(plan.dump());
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().line(),
            "dpc: error: plan: the embedded plan is of version " +
                std::to_string(schema::version + 1) +
                " of the schema, but this runtime reads version " +
                std::to_string(schema::version) + "; compile the model again");
  for (const Json &value : {Json("1"), Json(1.5), Json(nullptr)}) {
    plan["schema"] = value;
    EXPECT_FALSE(rt::parseProgram(plan.dump()).ok());
  }
}

// What was read, in the schema's words.

Json write(const rt::Tensor &tensor) {
  Json json = {{"name", tensor.name},
               {"dtype", rt::typeName(tensor.dtype)},
               {"shape", tensor.shape},
               {"offset", tensor.offset},
               {"bytes", tensor.bytes}};
  if (tensor.stage >= 0)
    json["stage"] = tensor.stage;
  return json;
}

Json write(const rt::Persistent &tensor) {
  Json json = write(static_cast<const rt::Tensor &>(tensor));
  if (!tensor.splitAxes().empty()) {
    json["global_shape"] = tensor.globalShape;
    json["dim_axes"] = tensor.dimAxes;
  }
  return json;
}

Json write(const rt::ShardedTensor &tensor) {
  Json json = write(static_cast<const rt::Tensor &>(tensor));
  json["global_shape"] = tensor.globalShape;
  json["batch_dim"] = tensor.batchDim;
  json["batch_axes"] = tensor.batchAxes;
  return json;
}

Json write(const rt::StepProgram &step) {
  Json json = {{"name", step.name}, {"instructions", Json::array()}};
  if (step.stage >= 0)
    json["stage"] = step.stage;
  for (const rt::Instruction &instruction : step.instructions) {
    Json &entry = json["instructions"].emplace_back(
        Json{{"kind", std::string(getName(instruction.kind))},
             {"name", instruction.name},
             {"node", instruction.node},
             {"phase", instruction.phase}});
    if (instruction.collective >= 0)
      entry["collective"] = instruction.collective;
    for (const rt::Tensor &region : instruction.writes)
      entry["writes"].push_back({{"offset", region.offset},
                                 {"dtype", rt::typeName(region.dtype)},
                                 {"shape", region.shape}});
  }
  for (const rt::Collective &collective : step.collectives) {
    Json &entry = json["collectives"].emplace_back(
        Json{{"kind", std::string(getName(collective.kind))},
             {"node", collective.node},
             {"phase", collective.phase},
             {"bytes", collective.bytes},
             {"group", collective.group}});
    if (collective.peer >= 0)
      entry["peer"] = collective.peer;
    if (!collective.sources.empty())
      entry["sources"] = collective.sources;
  }
  for (const rt::Result &result : step.results) {
    Json entry = write(result);
    entry.erase("stage");
    entry["role"] = result.role;
    json["results"].push_back(entry);
  }
  return json;
}

/// Whether all of `part` is in `whole`.
void expectWithin(const Json &part, const Json &whole,
                  const std::string &place) {
  if (part.is_object() && whole.is_object()) {
    for (const auto &[key, value] : part.items()) {
      ASSERT_TRUE(whole.contains(key)) << place << "." << key;
      expectWithin(value, whole[key], place + "." + key);
    }
  } else if (part.is_array() && whole.is_array()) {
    ASSERT_EQ(part.size(), whole.size()) << place;
    for (size_t i = 0; i < part.size(); ++i)
      expectWithin(part[i], whole[i], place + "[" + std::to_string(i) + "]");
  } else {
    EXPECT_EQ(part, whole) << place;
  }
}

/// A plan that the compiler wrote comes back as it is: DPC_TEST_PLAN names it.
TEST(Schema, RoundTrip) {
  const char *path = std::getenv("DPC_TEST_PLAN");
  if (!path)
    GTEST_SKIP() << "no DPC_TEST_PLAN";
  std::ifstream file(path);
  std::string text(std::istreambuf_iterator<char>(file), {});
  Json plan = Json::parse(text);
  ASSERT_EQ(schema::findFault(plan, true), "");
  for (int64_t rank = 0; rank < plan["ranks"]; ++rank) {
    rt::Expected<rt::Program> program = rt::parseProgram(text, rank);
    ASSERT_TRUE(program.ok()) << program.error().line();
    Json read = {{"hash", program->hash},     {"model", program->model},
                 {"target", program->target}, {"ranks", program->ranks},
                 {"batch", program->batch},   {"groups", program->groups}};
    for (const rt::MeshAxis &axis : program->mesh.axes)
      read["mesh"][axis.name] = axis.size;
    for (const rt::Parameter &parameter : program->parameters) {
      Json entry = write(static_cast<const rt::Persistent &>(parameter));
      entry["trainable"] = parameter.trainable;
      read["parameters"].push_back(entry);
    }
    for (const rt::Persistent &state : program->state)
      read["state"].push_back(write(state));
    for (const rt::StepProgram &step : program->programs)
      read["programs"].push_back(write(step));
    expectWithin(read, plan, "plan");
    // Of these, a rank has its stage's.
    for (const rt::Input &input : program->inputs) {
      Json entry = write(input);
      entry["role"] = input.isLabel ? "label" : "input";
      if (input.classes)
        entry["classes"] = *input.classes;
      bool isFound = false;
      for (const Json &written : plan["inputs"])
        if (written["name"] == input.name &&
            written.value("stage", int64_t(-1)) == input.stage) {
          isFound = true;
          expectWithin(entry, written, input.name);
        }
      EXPECT_TRUE(isFound) << input.name;
    }
    for (const rt::Scalar &scalar : program->scalars) {
      Json entry = {{"name", scalar.name},
                    {"dtype", rt::typeName(scalar.dtype)},
                    {"offset", scalar.offset}};
      bool isFound = false;
      for (const Json &written : plan["scalars"])
        if (written["name"] == scalar.name &&
            written.value("stage", int64_t(-1)) == scalar.stage) {
          isFound = true;
          expectWithin(entry, written, scalar.name);
        }
      EXPECT_TRUE(isFound) << scalar.name;
    }
  }
}

} // namespace
