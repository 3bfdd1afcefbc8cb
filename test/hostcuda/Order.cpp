//===- Order.cpp - Who touched what, and who waited for whom --------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "test/hostcuda/Order.h"

#include <algorithm>

using namespace dpc::hostcuda;

void Clock::set(uint32_t stream, uint64_t time) {
  if (times.size() <= stream)
    times.resize(stream + 1);
  times[stream] = time;
}

void Clock::join(const Clock &other) {
  for (uint32_t i = 0; i < other.times.size(); ++i)
    if (get(i) < other.times[i])
      set(i, other.times[i]);
}

OrderMap::Spans::iterator OrderMap::splitAt(uint64_t at) {
  auto after = spans.lower_bound(at);
  if (after == spans.begin())
    return after;
  auto span = std::prev(after);
  if (span->second.end <= at)
    return after;
  Span rest = span->second;
  span->second.end = at;
  return spans.emplace(at, std::move(rest)).first;
}

WorkPtr OrderMap::touch(const WorkPtr &work, uint64_t begin, uint64_t end,
                        bool writes) {
  WorkPtr missed;
  auto check = [&](const WorkPtr &other) {
    if (other && other != work && !work->knows(*other))
      missed = other;
  };
  auto span = splitAt(begin);
  splitAt(end);
  if (writes) {
    span = spans.lower_bound(begin);
    while (span != spans.end() && span->first < end) {
      check(span->second.writer);
      for (const WorkPtr &reader : span->second.readers)
        check(reader);
      span = spans.erase(span);
    }
    auto before = spans.lower_bound(begin);
    if (before != spans.begin()) {
      Span &left = std::prev(before)->second;
      if (left.end == begin && left.writer == work && left.readers.empty()) {
        left.end = end;
        return missed;
      }
    }
    spans.emplace(begin, Span{end, work, {}});
    return missed;
  }
  // Gaps become spans that only have a reader.
  uint64_t at = begin;
  for (span = spans.lower_bound(begin); at < end;) {
    if (span == spans.end() || span->first > at) {
      uint64_t to = span == spans.end() ? end : std::min(end, span->first);
      spans.emplace(at, Span{to, nullptr, {work}});
      at = to;
      continue;
    }
    check(span->second.writer);
    // Who is known to the new reader need not be kept.
    auto &readers = span->second.readers;
    readers.erase(std::remove_if(readers.begin(), readers.end(),
                                 [&](const WorkPtr &reader) {
                                   return work->knows(*reader);
                                 }),
                  readers.end());
    readers.push_back(work);
    at = span->second.end;
    ++span;
  }
  return missed;
}
