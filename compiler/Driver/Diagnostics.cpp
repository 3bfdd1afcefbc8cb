//===- Diagnostics.cpp - one line per failure -----------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Driver/Diagnostics.h"

#include "dialects/NN/NNDialect.h"
#include "dialects/Support/Text.h"

#include "mlir/IR/Location.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

static std::string describePlace(Location loc, StringRef fallback) {
  if (StringRef name = dpc::nn::getNodeName(loc); !name.empty())
    return name.str();
  std::string where = fallback.str();
  loc->walk([&](Location inner) {
    if (auto file = dyn_cast<FileLineColLoc>(inner)) {
      where = file.getFilename().str();
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return where;
}

/// Lists of names may be long, but nobody reads more.
static constexpr size_t kMaxLine = 16384;

static void printLine(StringRef severity, StringRef where, StringRef what) {
  std::string line;
  llvm::raw_string_ostream os(line);
  os << "dpc: " << severity << ": " << where << ": " << what;
  std::replace(line.begin(), line.end(), '\n', ' ');
  llvm::errs() << dpc::printable(line, kMaxLine) << '\n';
}

dpc::DiagnosticPrinter::DiagnosticPrinter(MLIRContext &context,
                                          std::string where)
    : defaultWhere(std::move(where)),
      handler(&context, [this](Diagnostic &diagnostic) {
        std::string where =
            describePlace(diagnostic.getLocation(), defaultWhere);
        if (collected) {
          bool isError = diagnostic.getSeverity() == DiagnosticSeverity::Error;
          errors += isError;
          if (diagnostic.getSeverity() != DiagnosticSeverity::Note &&
              (isError ||
               warnings.insert(where + ": " + diagnostic.str()).second))
            collected->push_back(
                {diagnostic.getSeverity(), where, diagnostic.str()});
          return success();
        }
        switch (diagnostic.getSeverity()) {
        case DiagnosticSeverity::Error:
          if (errors++ == 0)
            printLine("error", where, diagnostic.str());
          break;
        case DiagnosticSeverity::Warning:
          if (warnings.insert(where + ": " + diagnostic.str()).second)
            printLine("warning", where, diagnostic.str());
          break;
        case DiagnosticSeverity::Remark:
          if (warnings.insert(where + ": " + diagnostic.str()).second)
            remarks.push_back({where, diagnostic.str()});
          break;
        case DiagnosticSeverity::Note:
          break;
        }
        return success();
      }) {}

dpc::DiagnosticPrinter::~DiagnosticPrinter() {
  if (!hadError())
    for (const auto &[where, what] : remarks)
      printLine("note", where, what);
}

void dpc::printError(StringRef where, const Twine &what) {
  printLine("error", where, what.str());
}
