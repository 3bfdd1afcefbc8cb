//===- TableTest.cpp - Tables, their columns and statistics ---------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "runtime/Data/Csv.h"
#include "runtime/Data/RowOrder.h"
#include "runtime/Data/TableSource.h"
#include "test/runtime/TestFiles.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace dpc::rt;

namespace {

/// The records, fields between |, records between /; or the error.
std::string parse(std::string_view text) {
  CsvReader reader(text, ',', "t.csv");
  std::vector<std::string_view> fields;
  std::string result;
  for (;;) {
    Expected<bool> more = reader.next(fields);
    if (!more.ok())
      return more.error().line();
    if (!*more)
      return result;
    for (size_t i = 0; i < fields.size(); ++i)
      result += (i ? "|" : "") + std::string(fields[i]);
    result += "/";
  }
}

TEST(Csv, Rfc4180) {
  EXPECT_EQ(parse(""), "");
  EXPECT_EQ(parse("a,b\n1,2\n"), "a|b/1|2/");
  EXPECT_EQ(parse("a,b\r\n1,2"), "a|b/1|2/");
  EXPECT_EQ(parse("\xef\xbb\xbf"
                  "a,\n,\n"),
            "a|/|/");
  EXPECT_EQ(parse("\"a,\"\"b\",\"c\nd\"\r\n\"\",\"\"\"\"\n"),
            "a,\"b|c\nd/|\"/");
  EXPECT_EQ(parse("a\rb,c\n"), "a\rb|c/");
  for (const auto &[text, what] :
       {std::pair<std::string, const char *>{"a,b\n1\n", "line 2 has 1 fields"},
        {"a\n1,2\n", "line 2 has 2 fields"},
        {"a\n\"x\n", "line 2 has a quote that nothing closes"},
        {"a\n\"x\"y\n", "line 2 has text behind a closing quote"},
        {"a\nx\"y\"\n", "line 2 has a quote within a field"},
        {"a,b\n\"1\n2\",3\n4,5,6\n", "line 4 has 3 fields"},
        {std::string("a\nb\0c\n", 6), "line 2 holds a zero byte"}})
    EXPECT_NE(parse(text).find(what), std::string::npos) << parse(text);
}

struct Table {
  struct Text {
    std::string path;
    std::string_view text;
  };
  std::vector<Text> texts;
  Input input;
  std::vector<Binding> bindings;
  ColumnFits fits;
  bool learns = true;
  double evalSplit = 0;
  int64_t memory = 1 << 20;

  explicit Table(std::string_view text, int64_t width = 1,
                 DpcType type = DPC_F64) {
    texts = {{"t.csv", text}};
    input.name = "x";
    input.dtype = type;
    input.batchDim = 0;
    input.globalShape = {2, width};
  }

  /// The values, rows between /; or the error.
  std::string encode(const std::string &selector = "") {
    std::vector<TableFilePtr> files;
    for (const Text &text : texts) {
      Expected<TableFilePtr> file = openCsv(text.path, text.text);
      if (!file.ok())
        return file.error().line();
      files.push_back(std::move(*file));
    }
    Expected<RowSourcePtr> source =
        encodeTable(files, selector,
                    {input, "t.csv:" + selector, bindings, fits, learns,
                     evalSplit, 0, memory});
    if (!source.ok())
      return source.error().line();
    std::vector<char> row((*source)->rowBytes());
    std::string result;
    for (int64_t i = 0; i < (*source)->rows(); ++i) {
      EXPECT_TRUE((*source)->read(i, {}, row.data()).ok());
      for (int64_t j = 0; j < input.globalShape[1]; ++j) {
        char text[40];
        std::snprintf(
            text, sizeof(text), "%.4g",
            readElement(row.data() + j * typeBytes(input.dtype), input.dtype));
        result += (j ? " " : "") + std::string(text);
      }
      result += "/";
    }
    return result;
  }
};

const char *people = "age,city,name,target\n"
                     "20,Bern,a,no\n"
                     ",Rom,b,yes\n"
                     "40, Bern ,c,no\n"
                     "60,,d,no\n";

TEST(Table, Columns) {
  EXPECT_EQ(Table(people).encode("age=fill:-1"), "20/-1/40/60/");
  EXPECT_EQ(Table(people).encode("age=mean"), "20/40/40/60/");
  EXPECT_EQ(Table(people).encode("age=minmax+mean"), "0/0.5/0.5/1/");
  EXPECT_EQ(Table(people, 2).encode("age=indicator+minmax"),
            "0 0/0.5 1/0.5 0/1 0/");
  EXPECT_EQ(Table(people, 2).encode("city=mode"), "1 0/0 1/1 0/1 0/");
  EXPECT_EQ(Table(people, 3).encode("city=indicator"),
            "1 0 0/0 1 0/1 0 0/0 0 1/");
  EXPECT_EQ(Table(people, 1, DPC_I32).encode("city=indicator"), "0/1/0/2/");
  EXPECT_EQ(Table(people, 1, DPC_I32).encode("city=fill:Paris"), "0/2/0/1/");
  EXPECT_EQ(Table(people, 5).encode("age=fill:0,city=mode,target"),
            "20 1 0 1 0/0 0 1 0 1/40 1 0 1 0/60 1 0 1 0/");
  // All but some, one of which another input has.
  Table table(people, 3);
  table.bindings = {{"x", "t.csv"}, {"label", "t.csv:target"}};
  table.input.isLabel = false;
  EXPECT_EQ(table.encode("-name,-target,age=mean,city=mode"),
            "20 1 0/40 0 1/40 1 0/60 1 0/");
  // Whole numbers are exact only up to 2^53.
  EXPECT_EQ(Table("a\n-128\n127\n", 1, DPC_I8).encode(), "-128/127/");
  // Variance of the population.
  Table scaled("a\n1\n2\n3\n4\n");
  EXPECT_EQ(scaled.encode("a=standard"), "-1.342/-0.4472/0.4472/1.342/");
  EXPECT_EQ(Table("a\n5\n5\n").encode("*=standard"), "0/0/");
}

TEST(Table, LearnsFromRowsThatTrain) {
  std::string text = "a,b\n";
  for (int i = 0; i < 50; ++i)
    text += std::to_string(i) + ",v" + std::to_string(i % 7) + "\n";
  Table table(text);
  table.evalSplit = 0.3;
  table.encode("a=standard");
  const ColumnFit &fit = table.fits.at("x").front();
  double sum = 0;
  RowSplit split = splitRows(50, 0.3, 0);
  for (int64_t row : split.training)
    sum += static_cast<double>(row);
  EXPECT_NEAR(fit.shift, sum / 35, 1e-12);

  // The same statistics for other rows, in a table with other columns.
  Expected<ColumnFits> stored =
      readColumnFits(writeColumnFits(table.fits), "f.json");
  ASSERT_TRUE(stored.ok()) << stored.error().line();
  Table later("z,a\n1,100\n");
  later.learns = false;
  expectError(later.encode(), "--columns");
  later.fits = *stored;
  char expected[40];
  std::snprintf(expected, sizeof(expected), "%.4g/",
                (100 - fit.shift) / fit.scale);
  EXPECT_EQ(later.encode(), expected);

  // What training did not have is refused, or taken like what is missing.
  for (const char *treatment : {"b", "b=mode", "b=indicator"}) {
    std::string_view words(treatment);
    Table first("b\nu\nv\nv\n", words == "b=indicator" ? 3 : 2);
    first.encode(treatment);
    Table second("b\nw\n", first.input.globalShape[1]);
    second.fits = first.fits;
    if (words == "b")
      expectError(second.encode(), "row 0: column 'b' is 'w', which is none of "
                                   "its 2 values");
    else
      EXPECT_EQ(second.encode(), words == "b=mode" ? "0 1/" : "0 0 1/");
  }
}

TEST(Table, BeyondMemory) {
  std::string text = "a,b\n";
  for (int i = 0; i < 200'000; ++i)
    text += std::to_string(i % 1000) + "," + std::to_string(i % 7) + "\n";
  Table table(text, 2, DPC_I32);
  table.memory = int64_t(1) << 30;
  std::string held = table.encode("a,b");
  EXPECT_TRUE(held.starts_with("0 0/1 1/2 2/"));
  // The file takes over what was in memory.
  table.memory = 1'500'000;
  EXPECT_TRUE(table.encode("a,b") == held);
  table.memory = 0;
  EXPECT_TRUE(table.encode("a,b") == held);
  ::setenv("TMPDIR", "/nowhere", 1);
  expectError(table.encode("a,b"), "cannot be made in /nowhere: No such file");
  ::unsetenv("TMPDIR");
}

TEST(Table, Cells) {
  EXPECT_EQ(Cell(" 1 ").text(), "1");
  EXPECT_EQ(Cell(int64_t(1) << 60).text(), "1152921504606846976");
  EXPECT_EQ(Cell(0.1).text(), "0.1");
  EXPECT_EQ(Cell(0.1f, true).text(), "0.1");
  EXPECT_EQ(Cell(-1e300).text(), "-1e+300");
  EXPECT_EQ(Cell(INFINITY).number(), std::nullopt);
  EXPECT_TRUE(Cell(NAN).isMissing());
  EXPECT_FALSE(Cell(INFINITY).isMissing());
  // A column of typed numbers has no classes unless that is asked for.
  for (ColumnWish::Kind kind :
       {ColumnWish::Kind::Auto, ColumnWish::Kind::Category}) {
    ColumnWish wish;
    wish.kind = kind;
    ColumnLearner learner("a", wish, true);
    for (int64_t number : {10, 9, 10})
      learner.add(Cell(number), "t", 0);
    EXPECT_EQ(learner.finish("t")->vocabulary.size(),
              kind == ColumnWish::Kind::Auto ? 0u : 2u);
  }
}

TEST(Table, Refusals) {
  expectError(Table(people).encode("age"), "row 1: column 'age' is missing");
  expectError(Table(people).encode("ages"),
              "has no column 'ages'; did you mean");
  expectError(Table(people, 7).encode("-name"),
              "make 5 values a row (age 1, city 2, ");
  expectError(Table(people).encode("city=number"),
              "'Bern', which is no number");
  expectError(Table(people, 2).encode("city=mean"), "have no mean");
  expectError(Table(people).encode("age=what"), "'what' is nothing that can");
  expectError(Table(people).encode("age=fill:x"), "'x', which is no number");
  expectError(Table(people).encode("age,age"), "named twice");
  expectError(Table("a,a\n1,2\n", 2).encode(), "has two columns 'a'");
  expectError(Table("1,2\n3,4\n", 2).encode(), "names no columns");
  expectError(Table("a\n").encode(), "has no rows");
  expectError(Table("").encode(), "the file is empty");
  expectError(Table("a\nNA\n?\n").encode(), "has no values");
  expectError(Table("a\n1.5\n", 1, DPC_I32).encode(), "which no i32 holds");
  expectError(Table("a\n1e400\n", 1).encode("a=number"), "no number");
  expectError(Table("a\n\xff\n", 1, DPC_I32).encode(), "not UTF-8");
  Table two("a\n1\n");
  two.texts.push_back({"u.csv", "b\n1\n"});
  expectError(two.encode(), "u.csv: has other columns than t.csv");
  for (const char *json :
       {"", "{}", "[", R"({"columns":2,"inputs":{}})",
        R"({"columns":1,"inputs":{"x":[{"name":"a"}]}})",
        R"({"columns":1,"inputs":{"x":[{"name":"a","indicator":false,)"
        R"("kind":"number","shift":0,"scale":0}]}})",
        R"({"columns":1,"inputs":{"x":[{"name":"a","indicator":false,)"
        R"("kind":"onehot","vocabulary":["b","a"]}]}})",
        R"({"columns":1,"inputs":{"x":[{"name":"a","indicator":false,)"
        R"("kind":"onehot","vocabulary":["a"],"fill":1}]}})"}) {
    Expected<ColumnFits> fits = readColumnFits(json, "f.json");
    ASSERT_FALSE(fits.ok()) << json;
    expectError(fits.error().line(), "f.json: holds no statistics");
  }
}

} // namespace
