//===- PlanSchema.cpp - What a plan's JSON holds --------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/Support/PlanSchema.h"
#include "dialects/Support/Text.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

namespace dpc::schema {

using Json = nlohmann::ordered_json;

static constexpr const char *notes = R"(
Element types: f32 f64 bf16 f16 i8 i16 i32 i64 u8 u16 u32 u64 i1.

Ranks. A rank's coordinates on the mesh are its rank number in row-major order
of the axes as "mesh" lists them. Where axes are named, "tensor:(1)2" is a part
of the axis "tensor": of a rank's coordinate c, c / (size / (1 * 2)) % 2.

Stages. Entries of "parameters", "state", "inputs", "scalars" and "programs"
that have a "stage" are for the ranks with that coordinate on the mesh axis
"pipe" only. Every stage has an arena of its own. A parameter is on one stage;
an input or scalar may be on several, at different offsets.

Rows. A batched value's local part is ceil(batch / n) rows, n = the product of
"batch_axes"; rank index r holds the global rows [r*local, (r+1)*local). Rows at
or past the end of the batch are padding: the loader fills them with zeros, and
the compiled program's results do not depend on them. Of an input with
"microbatches" m, a rank has one block of local / m = p rows of each microbatch,
one after the other: for k < m the global rows [(k*n + r)*p, (k*n + r + 1)*p). p
may be more than ceil(batch / (n*m)).

Parts. A dimension of n elements over p parts has ceil(n / p) on every rank;
index r along its axes holds [r*ceil(n/p), (r+1)*ceil(n/p)). Elements at or past
n are padding, which no result depends on.

Loops. In iteration i of its loop something with a "turn" [stride, count, first]
is at (first + i) % count * stride from where it is said to be; if count is 0, at
i * stride.

Scalars. The runtime itself sets "step" (i64, 1 for the first step), "seed"
(i64, --seed) and "rows" (i64, valid rows of the global batch, used by "eval").

Metrics. What an evaluation measures is made of the sums of a program's results
over all batches, of which pairs are a numerator and a denominator. A mean is
the sum of their quotients, each times its weight; a share is a mean, 0 where it
is 0 / 0; exp and root are those of a mean. The results of macro_f1 are lists,
an element for each class: the mean of their quotients, but for classes with
0 / 0. Those of area are the scores of all rows, whether each is true, and
whether it counts: the area under the ROC curve, equal scores counting half.

Results. "loss" of "train" is the mean over the global batch. "eval" returns
metrics as sums over the rows < "rows" of one batch, "loss_sum" and "count" (the
weight of the rows that count) and what "metrics" names; of area, a list of all
rows, those < "rows" first. Losses and metrics are defined on rank 0 only. Outputs of "infer" stay sharded by rows.
An output that the model returns with its rows merged with something else, as
[12, 5] of 4 rows, has a shape with the rows apart, [4, 3, 5], and is written as
[3 * rows of the data, 5]: "output_dim" grows with the rows. One step along
"batch_dim" is "row_unit" rows.
)";

static const char *getName(Type type) {
  switch (type) {
  case Integer:
    return "integer";
  case Number:
    return "number";
  case Text:
    return "text";
  case Flag:
    return "true or false";
  case Dtype:
    return "element type";
  case Integers:
    return "list of integers";
  case Numbers:
    return "list of numbers";
  case Texts:
    return "list of texts";
  case TextLists:
    return "list of lists of texts";
  case Sizes:
    return "object of integers";
  case Object:
    return "";
  case Objects:
    return "list of ";
  case ObjectOrNull:
    return "null or ";
  }
  return "";
}

static std::string getFullName(const Field &field) {
  return std::string(getName(field.type)) +
         (field.record ? field.record->name : "");
}

/// Of a value without records.
static bool fits(const Json &json, Type type) {
  auto all = [&](Type inner) {
    return json.is_array() &&
           std::all_of(json.begin(), json.end(), [&](const Json &element) {
             return fits(element, inner);
           });
  };
  switch (type) {
  case Integer:
    return json.is_number_integer();
  case Number:
    return json.is_number();
  case Text:
  case Dtype:
    return json.is_string();
  case Flag:
    return json.is_boolean();
  case Integers:
    return all(Integer);
  case Numbers:
    return all(Number);
  case Texts:
    return all(Text);
  case TextLists:
    return all(Texts);
  case Sizes:
    return json.is_object() &&
           std::all_of(json.begin(), json.end(),
                       [](const Json &size) { return fits(size, Integer); });
  case Object:
  case ObjectOrNull:
    return json.is_object();
  case Objects:
    return json.is_array();
  }
  return false;
}

static std::string findFault(const Json &json, const Record &record,
                             const std::string &place, bool isWhole);

static std::string findFault(const Json &json, const Field &field,
                             const std::string &place, bool isWhole) {
  if (field.type == ObjectOrNull && json.is_null())
    return {};
  if (!fits(json, field.type))
    return "\"" + place + "\" is no " + getFullName(field);
  if (!field.record)
    return {};
  if (field.type != Objects)
    return findFault(json, *field.record, place, isWhole);
  for (size_t i = 0; i < json.size(); ++i)
    if (std::string fault =
            findFault(json[i], *field.record,
                      place + "[" + std::to_string(i) + "]", isWhole);
        !fault.empty())
      return fault;
  return {};
}

static std::string findFault(const Json &json, const Record &record,
                             const std::string &place, bool isWhole) {
  if (!json.is_object())
    return (place.empty() ? "it" : "\"" + place + "\"") + " is no object";
  std::string prefix = place.empty() ? "" : place + ".";
  size_t needed = 0;
  auto isNeeded = [&](const Field &field) {
    return field.presence == Needed || (isWhole && field.presence == Always);
  };
  for (const auto &[key, value] : json.items()) {
    auto field =
        std::find_if(record.fields.begin(), record.fields.end(),
                     [&](const Field &entry) { return key == entry.key; });
    if (field == record.fields.end())
      return "it has \"" + prefix + printable(key, 40) +
             "\", which no plan has";
    needed += isNeeded(*field);
    if (std::string fault = findFault(value, *field, prefix + key, isWhole);
        !fault.empty())
      return fault;
  }
  // Keys are there once each.
  if (needed == size_t(std::count_if(record.fields.begin(), record.fields.end(),
                                     isNeeded)))
    return {};
  for (const Field &field : record.fields)
    if (isNeeded(field) && !json.contains(field.key))
      return "it has no \"" + prefix + field.key + "\"";
  return {};
}

std::string findFault(const Json &json, bool isWhole) {
  return findFault(json, plan, "", isWhole);
}

/// Records in the order in which they are named.
static void collect(const Record &record,
                    std::vector<const Record *> &records) {
  if (std::find(records.begin(), records.end(), &record) != records.end())
    return;
  records.push_back(&record);
  for (const Field &field : record.fields)
    if (field.record)
      collect(*field.record, records);
}

std::string describe() {
  std::string text = "A plan in JSON, version " + std::to_string(version) +
                     " of the schema. A key with ? is not always there.\n";
  std::vector<const Record *> records;
  collect(plan, records);
  for (const Record *record : records) {
    text += std::string("\n") + record->name + ":\n";
    for (const Field &field : record->fields) {
      std::string line = std::string("  ") + field.key +
                         (field.presence == Optional ? "?" : "");
      line.resize(std::max<size_t>(line.size() + 1, 20), ' ');
      line += getFullName(field);
      if (*field.text) {
        line.resize(std::max<size_t>(line.size() + 1, 44), ' ');
        line += field.text;
      }
      text += line + "\n";
    }
  }
  return text + notes;
}

} // namespace dpc::schema
