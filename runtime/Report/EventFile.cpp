//===- EventFile.cpp - Event files of TensorBoard -------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Report/EventFile.h"
#include "dialects/Support/Protobuf.h"
#include "runtime/Report/Format.h"

#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstring>
#include <sys/resource.h>
#include <unistd.h>

namespace dpc::rt {

using namespace protobuf;

namespace {

constexpr std::array<uint32_t, 256> makeTable() {
  std::array<uint32_t, 256> table = {};
  for (uint32_t i = 0; i < 256; ++i) {
    table[i] = i;
    for (int bit = 0; bit < 8; ++bit)
      table[i] = (table[i] >> 1) ^ (table[i] & 1 ? 0x82f63b78u : 0);
  }
  return table;
}

uint32_t maskedCRC32C(std::string_view bytes) {
  static constexpr std::array<uint32_t, 256> table = makeTable();
  uint32_t crc = ~0u;
  for (char byte : bytes)
    crc = (crc >> 8) ^ table[(crc ^ static_cast<unsigned char>(byte)) & 255];
  return std::rotr(~crc, 15) + 0xa282ead8u;
}

template <typename T> void appendBytes(std::string &out, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out.append(bytes, sizeof(T));
}

void appendInteger(std::string &out, uint32_t field, int64_t value) {
  appendTag(out, field, Varint);
  appendVarint(out, static_cast<uint64_t>(value));
}

void appendDouble(std::string &out, uint32_t field, double value) {
  appendTag(out, field, Fixed64);
  appendBytes(out, value);
}

void appendFloat(std::string &out, uint32_t field, float value) {
  appendTag(out, field, Fixed32);
  appendBytes(out, value);
}

// Numbers of fields.
namespace event {
constexpr uint32_t wallTime = 1, step = 2, fileVersion = 3, summary = 5,
                   sessionLog = 7;
} // namespace event
namespace summary {
constexpr uint32_t value = 1, tag = 1, simpleValue = 2, histogram = 5;
} // namespace summary

/// Of the values of a summary, one.
void appendScalar(std::string &values, const std::string &tag, double value) {
  std::string message;
  appendField(message, summary::tag, tag);
  appendFloat(message, summary::simpleValue, static_cast<float>(value));
  appendField(values, summary::value, message);
}

std::string makeSummary(const std::string &values) {
  std::string content;
  appendField(content, event::summary, values);
  return content;
}

/// The most memory that this process has had.
double processBytes() {
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024;
}

} // namespace

std::string frameRecord(std::string_view bytes) {
  std::string length, out;
  appendBytes(length, static_cast<uint64_t>(bytes.size()));
  out = length;
  appendBytes(out, maskedCRC32C(length));
  out += bytes;
  appendBytes(out, maskedCRC32C(bytes));
  return out;
}

Expected<EventFile> EventFile::open(const std::string &folder,
                                    int64_t stepsDone) {
  char host[65] = "";
  ::gethostname(host, sizeof(host) - 1);
  auto now = std::chrono::system_clock::now().time_since_epoch();
  std::string path =
      folder +
      format(
          "/events.out.tfevents.%010lld.",
          static_cast<long long>(
              std::chrono::duration_cast<std::chrono::seconds>(now).count())) +
      host + "." + std::to_string(::getpid()) + ".dpc";
  Expected<StreamFile> stream = StreamFile::open("--tensorboard", path);
  if (!stream.ok())
    return stream.error();
  EventFile file(std::move(*stream));
  std::string version;
  appendField(version, event::fileVersion, "brain.Event:2");
  Status status = file.add(0, version);
  if (status.ok() && stepsDone > 0) {
    std::string start, content;
    appendInteger(start, 1, /*START=*/1);
    appendField(content, event::sessionLog, start);
    status = file.add(stepsDone + 1, content);
  }
  if (status.ok())
    status = file.file.flush();
  if (!status.ok())
    return status.error();
  return file;
}

Status EventFile::add(int64_t step, const std::string &content) {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  std::string message;
  appendDouble(message, event::wallTime,
               std::chrono::duration<double>(now).count());
  appendInteger(message, event::step, step);
  return file.add(frameRecord(message + content));
}

Status EventFile::step(const StepRecord &record) {
  std::string values;
  if (record.loss)
    appendScalar(values, "train/loss", *record.loss);
  if (record.learningRate)
    appendScalar(values, "train/lr", *record.learningRate);
  if (record.gradNorm)
    appendScalar(values, "train/grad_norm", *record.gradNorm);
  if (record.lossScale)
    appendScalar(values, "train/loss_scale", *record.lossScale);
  appendScalar(values, "speed/step_ms", record.seconds * 1e3);
  appendScalar(values, "speed/data_ms", record.dataSeconds * 1e3);
  appendScalar(values, "speed/samples_per_second", record.rate);
  appendScalar(values, "memory/process_bytes", processBytes());
  return add(record.step, makeSummary(values));
}

Status EventFile::evaluation(int64_t step, const Evaluation &evaluation) {
  std::string values;
  for (const Evaluation::Metric &metric : evaluation.metrics)
    appendScalar(values, "eval/" + metric.name, metric.value);
  Status status = add(step, makeSummary(values));
  return status.ok() ? file.flush() : status;
}

Status EventFile::histogram(int64_t step, const std::string &name,
                            const Histogram &values) {
  std::string message, summaryValues;
  appendField(message, summary::tag, "parameters/" + name);
  appendField(message, summary::histogram, values.encode());
  appendField(summaryValues, summary::value, message);
  return add(step, makeSummary(summaryValues));
}

/// TensorFlow's buckets end at 1e-12 * 1.1^i; the last one has the rest.
double EventFile::Histogram::getLimit(int bucket) {
  return bucket < kBuckets ? 1e-12 * std::pow(1.1, bucket)
                           : std::numeric_limits<double>::max();
}

void EventFile::Histogram::add(double value) {
  if (!std::isfinite(value))
    return;
  least = count ? std::min(least, value) : value;
  most = count ? std::max(most, value) : value;
  ++count;
  sum += value;
  squares += value * value;
  double size = std::abs(value);
  double place = size > 1e-12 ? std::log(size * 1e12) / std::log(1.1) : 0;
  int bucket = static_cast<int>(
      std::min(std::ceil(place), static_cast<double>(kBuckets)));
  ++(value < 0 ? below : above)[static_cast<size_t>(bucket)];
}

std::string EventFile::Histogram::encode() const {
  std::string limits, counts, message;
  bool isOpen = false;
  // Of empty buckets in a row, the last one is written.
  double lastLimit = 0, skipped = 0;
  auto put = [&](double limit, double number) {
    if (number == 0) {
      skipped = 1;
      lastLimit = limit;
      return;
    }
    if (skipped) {
      appendBytes(limits, lastLimit);
      appendBytes(counts, 0.0);
    }
    appendBytes(limits, limit);
    appendBytes(counts, number);
    skipped = 0;
    isOpen = true;
  };
  // A negative value's bucket ends at what is nearer to 0.
  for (int i = kBuckets; i >= 0; --i)
    put(i == 0 ? 0.0 : -getLimit(i - 1), below[static_cast<size_t>(i)]);
  for (int i = 0; i <= kBuckets; ++i)
    put(getLimit(i), above[static_cast<size_t>(i)]);
  if (!isOpen) {
    appendBytes(limits, 0.0);
    appendBytes(counts, 0.0);
  }
  appendDouble(message, 1, least);
  appendDouble(message, 2, most);
  appendDouble(message, 3, count);
  appendDouble(message, 4, sum);
  appendDouble(message, 5, squares);
  appendField(message, 6, limits);
  appendField(message, 7, counts);
  return message;
}

} // namespace dpc::rt
