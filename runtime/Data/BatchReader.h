//===- BatchReader.h - Batches, read ahead of the steps ---------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Threads prepare the next batches in buffers of the host while a step runs.
// What none of them has begun when it is needed is read like without threads.
// What cannot be read is an error at the step that needs it, not before.
// Without threads, a batch is read when it is asked for, straight to the arena.
//
// To a device that takes parcels, the next batch is sent while the step with the
// one before runs.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_DATA_BATCHREADER_H
#define DPC_RUNTIME_DATA_BATCHREADER_H

#include "runtime/Data/Dataset.h"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace dpc::rt {

/// The rows of a batch, and what they are read for.
struct Batch {
  /// Row i of the batch is the data's row order[i].
  std::vector<int64_t> order;
  ReadContext context;

  int64_t valid() const { return static_cast<int64_t>(order.size()); }
};

class BatchReader {
public:
  /// Says what batch number i, from 0, holds. Called for every i in turn, by one
  /// thread at a time.
  using Choose = std::function<void(int64_t index, Batch &batch)>;

  struct Threads {
    int count = 0;
    /// Batches that may be ready beside the one in the arena.
    int64_t ahead = 2;
  };

  /// For `count` batches. Data and device must outlive the reader.
  BatchReader(const Dataset &data, Device &device, char *arena, int64_t count,
              Choose choose, const Threads &threads);
  ~BatchReader();
  BatchReader(const BatchReader &) = delete;
  BatchReader &operator=(const BatchReader &) = delete;

  /// Brings the next batch to the arena.
  Status next();
  /// While the device works on the batch in the arena: sends it the next one, if
  /// there is one and the device takes parcels.
  void readAhead();
  /// The one in the arena; its address is the same for ever.
  const Batch &batch() const { return current; }
  /// How long the last next() took, until the batch was in the arena.
  double seconds() const { return spent; }

private:
  struct Slot {
    Batch batch;
    std::vector<char> buffer;
    Status status;
    bool isReady = false;
  };

  void work();
  void prepare(Slot &slot);
  /// Brings the next batch to the arena, or to the parcel.
  Status take();
  /// Reads `next` to there.
  Status load(const Batch &next);
  /// The number of a batch that the caller is to choose and read, or -1: of the
  /// one that is needed, or of the next one to read ahead. Under `choosing`.
  int64_t begin(bool isNeeded);
  Status tryChoose(int64_t index, Batch &batch);
  /// Chooses the one that is needed, unless a thread has begun it.
  std::optional<Status> chooseLate(Batch &next);

  const Dataset &data;
  Device &device;
  char *arena;
  int64_t count;
  Choose choose;
  Batch current;
  /// Null where there are none, with the batch that was sent.
  std::unique_ptr<Parcel> parcel;
  Batch sent;
  Status sentStatus;
  bool isSent = false;
  double spent = 0;

  /// Batch i is prepared in slot i % slots.size().
  std::vector<Slot> slots;
  /// Held while a batch is chosen; before `mutex`.
  std::mutex choosing;
  /// Of all below, and of the slots' isReady.
  std::mutex mutex;
  std::condition_variable slotIsFree, batchIsReady;
  int64_t begun = 0, taken = 0;
  /// Whether further batches are begun: once half of the slots are free, until
  /// none is.
  bool fills = true;
  bool stops = false;
  std::vector<std::thread> threads;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_DATA_BATCHREADER_H
