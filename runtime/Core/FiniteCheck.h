//===- FiniteCheck.h - Where a step's values stop being finite --*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// A training that goes on with NaN is lost, and seeing it should cost nothing.
//
// Whether a step went well is told by the loss and by what the step left in the
// parameters and the optimizer's state. These are read whole only where there
// is a suspicion, and else one row of each: a gradient is a product of
// matrices, and a factor that is not finite raises a suspicion there. A single
// element that overflows elsewhere spreads in the next step.
//
// Where it began is found while the step runs, as memory is used again. Behind
// every matrix product the first row and column of the result are looked at: a
// value in one of the factors that is not finite makes a whole row or column
// so. What an instruction writes of a few elements, such as sums for a loss, is
// looked at whole. At the first value that is not finite, everything that lies
// in memory still is searched for the earliest instruction that made one. That
// is a suspicion only, which what is known at the end of the step confirms:
// infinities may be meant, as in the mask of an attention. One that was not
// confirmed is not raised again.
//
// A device that repeats a whole step is not asked in between. What is still in
// memory behind a step that did not go well is searched then, so that what is
// found may come of something earlier, which was written over.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_CORE_FINITECHECK_H
#define DPC_RUNTIME_CORE_FINITECHECK_H

#include "runtime/Core/Program.h"
#include "runtime/Data/Dataset.h"

#include <set>

namespace dpc::rt {

class FiniteCheck {
public:
  /// What the inputs of a step hold: row i of the global batch is the data's
  /// row order[i], or first + i where `order` is null.
  struct Batch {
    const Dataset *data;
    const int64_t *order;
    int64_t first;
  };

  /// `arena` is an address of the device.
  FiniteCheck(const Program &program, const StepProgram &step, Device &device,
              const char *arena);

  /// Whether the initial parameters that are trained are finite. A mask of -inf
  /// among them is left alone from now on. `path`: where they are from.
  Status checkInitial(const std::string &path);

  /// Ranks agree on a step when the next one is over: what is known of a step
  /// is kept for so long.
  void beginStep(int64_t number, const Batch &current);

  /// Behind every instruction of the step.
  void endInstruction(Moment moment) {
    if (!current.suspicion &&
        places[moment.instruction] != places[moment.instruction + 1])
      lookAt(moment);
  }

  /// Whether the step went well, as far as this rank can see. `loss` is none
  /// where it is not known. `looked`: whether its instructions were; if not,
  /// what is left of a step that did not go well is searched.
  bool endStep(std::optional<double> loss, bool looked);

  /// Smaller for what came earlier in step `number`, over all ranks.
  int64_t order(int64_t number) const;
  /// What to say about that step, which did not go well.
  Error describe(int64_t number) const;

private:
  /// The elements of a row-major matrix that are looked at: its first row and
  /// column.
  struct Place {
    int64_t offset;
    DpcType type;
    int64_t rows, columns;
    Turn turn = {};

    int64_t count() const { return rows * columns; }
  };

  struct Suspicion {
    /// That raised it, and whose result is the earliest one.
    Moment trigger, origin;
    BadValue value;
    /// Of the data, if it is known, and whether the file holds the value.
    std::string file;
    int64_t row = -1;
    bool isInFile = false;
  };

  struct Step {
    int64_t number = 0;
    std::optional<Suspicion> suspicion;
    /// What the step left not finite.
    const Tensor *parameter = nullptr;
  };

  static Place getMatrix(const Tensor &tensor);
  const char *read(const Place &place, int64_t iteration = 0);
  /// What is looked at of it.
  bool isFinite(const Place &place, int64_t iteration);
  /// The first `count` elements.
  bool areFinite(const Place &place, int64_t count);
  /// Whether the device says so of the first row of each parameter and state.
  bool areRowsFinite();
  void lookAt(Moment moment);
  /// The earliest instruction up to `last` whose result is in memory still and
  /// not finite.
  void findOrigin(Moment last);
  /// The row of the data that made the value, where only some rows did.
  void findRow(const Tensor &region);
  const Step &getStep(int64_t number) const;

  const Program &program;
  const StepProgram &step;
  Device &device;
  const char *arena;
  HostReader reader;
  /// Whether the device looks at rows itself, once it was asked.
  std::optional<bool> watchesRows;
  Batch batch = {};
  std::vector<Place> watched;
  /// Instruction i's in `watched`: [places[i], places[i + 1]).
  std::vector<size_t> places;
  /// The trained ones, and the optimizer's state.
  std::vector<std::pair<const Tensor *, Place>> parameters;
  Step current, last;
  /// The name of a mask that is trained.
  std::string mask;
  /// Instructions whose results are infinite in steps that go well.
  std::set<int64_t> harmless;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_CORE_FINITECHECK_H
