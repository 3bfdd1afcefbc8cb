//===- Columns.h - From cells of text to numbers ----------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What a column of a table becomes, and the statistics for that. They are
// learned from the rows that train, stored beside the model, and used as they
// are for evaluation and inference.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_DATA_COLUMNS_H
#define DPC_RUNTIME_DATA_COLUMNS_H

#include "runtime/Core/Error.h"

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

namespace dpc::rt {

/// A cell of a table: text, or a number of a file that has types.
class Cell {
public:
  /// Without the blanks around it.
  Cell(std::string_view text);
  Cell(int64_t number) : kind(Kind::Integer), integer(number) {}
  /// `isSingle`: it was a float, and reads like one as text.
  explicit Cell(double number, bool isSingle = false)
      : kind(isSingle ? Kind::Single : Kind::Double), real(number) {}

  /// A number of a column that holds nothing else.
  bool isTyped() const { return kind != Kind::Text; }
  /// Of text: empty, or one of NA, N/A, NaN, nan, null, NULL, None and ?; of a
  /// number: not a number.
  bool isMissing() const;
  /// None if it is no finite number.
  std::optional<double> number() const;
  /// The shortest one that is the number. Valid as long as the cell.
  std::string_view text() const;
  /// For messages.
  std::string quoted() const;

private:
  enum class Kind { Text, Integer, Double, Single };

  Kind kind;
  int64_t integer = 0;
  double real = 0;
  /// Of a number, once it is asked for.
  mutable std::string_view words;
  mutable char digits[32];
};

/// What is asked of a column.
struct ColumnWish {
  enum class Kind { Auto, Number, Category, OneHot };
  enum class Missing { Refuse, Mean, Mode, Value };
  enum class Scale { None, Standard, MinMax };

  Kind kind = Kind::Auto;
  Missing missing = Missing::Refuse;
  /// For Missing::Value.
  std::string fill;
  /// Tells missing values: by a value of its own behind a number, by a class of
  /// its own of a category, which then also takes what training did not have.
  bool indicator = false;
  Scale scale = Scale::None;
  /// Said of all columns at once: mean is mode for categories, and scales leave
  /// them alone.
  bool isCommon = false;

  /// Of words joined by '+', as "onehot+mode": number, category, onehot; mean,
  /// mode, fill:VALUE, indicator; standard, minmax. `where` is for messages.
  static Expected<ColumnWish> parse(const std::string &text,
                                    const std::string &where);
};

/// How a column is encoded.
struct ColumnFit {
  std::string name;
  ColumnWish::Kind kind = ColumnWish::Kind::Number;
  bool indicator = false;
  /// What stands for a missing value: none is an error. Of a category, the
  /// index.
  std::optional<double> fill;
  /// A number becomes (number - shift) / scale.
  double shift = 0, scale = 1;
  /// Of a category, sorted by bytes; its index is what it becomes.
  std::vector<std::string> vocabulary;

  int64_t classes() const {
    return static_cast<int64_t>(vocabulary.size()) + indicator;
  }
  /// How many values a cell becomes.
  int64_t width() const;
  /// Writes them; an error says what is wrong with the cell, without a place.
  std::optional<std::string> encode(const Cell &cell, double *values) const;
};

/// By the inputs' names.
using ColumnFits = std::map<std::string, std::vector<ColumnFit>>;

/// The file for them beside a model.
inline std::string columnsPath(const std::string &model) {
  return model + ".columns.json";
}
std::string writeColumnFits(const ColumnFits &fits);
Expected<ColumnFits> readColumnFits(std::string_view json,
                                    const std::string &where);

/// Learns a column from its cells.
class ColumnLearner {
public:
  /// `prefersClasses`: a column that holds text becomes an index, and not one
  /// value per class.
  ColumnLearner(std::string name, ColumnWish wish, bool prefersClasses);

  /// A cell of a row that trains.
  void add(const Cell &cell, const std::string &file, int64_t row);
  Expected<ColumnFit> finish(const std::string &where);

private:
  std::string name;
  ColumnWish wish;
  bool prefersClasses;
  /// Cells that are no numbers; the first one and its place are for messages.
  int64_t texts = 0;
  std::string firstText, firstTextFile;
  int64_t firstTextRow = 0;
  /// Welford's sums of the numbers.
  int64_t count = 0;
  double mean = 0, squares = 0, low = 0, high = 0;
  /// How often each value occurs.
  std::map<std::string, int64_t, std::less<>> counts;
};

} // namespace dpc::rt

#endif // DPC_RUNTIME_DATA_COLUMNS_H
