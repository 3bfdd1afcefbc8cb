//===- LegalizeEinsum.cpp - Einsum ----------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "passes/Legalize/LegalizeTable.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace dpc::legalize {
namespace {

/// One operand, or the product of several: dimension i has the name labels[i].
struct Term {
  Value value;
  std::string labels;
};

SmallVector<int64_t> findAll(StringRef labels, StringRef in) {
  SmallVector<int64_t> positions;
  for (char label : labels)
    positions.push_back(static_cast<int64_t>(in.find(label)));
  return positions;
}

std::string filter(StringRef labels, llvm::function_ref<bool(char)> keep) {
  std::string kept;
  for (char label : labels)
    if (keep(label))
      kept += label;
  return kept;
}

/// Names the dimensions that "..." stands for, aligned at their ends: the last
/// is '0', the one before it '1'. Other labels are letters.
LogicalResult expandEllipsis(Binder &node, std::string &labels, int64_t count) {
  size_t position = labels.find("...");
  if (position == std::string::npos)
    return success();
  if (count > 10)
    return node.emitError() << "'...' stands for too many dimensions";
  std::string names;
  for (int64_t i = count; i-- > 0;)
    names += static_cast<char>('0' + i);
  labels.replace(position, 3, names);
  return success();
}

LogicalResult checkLabels(Binder &node, StringRef labels, StringRef equation) {
  for (auto [i, label] : llvm::enumerate(labels))
    if ((!llvm::isAlpha(label) && !llvm::isDigit(label)) ||
        labels.find(label) != i)
      return node.emitError()
             << "equation '" << equation << "' has '" << StringRef(&label, 1)
             << "' where dpc supports letters, each once per operand, and ...";
  return success();
}

/// The terms and the result's labels of "ij,jk->ik".
LogicalResult parse(Binder &node, SmallVectorImpl<Term> &terms,
                    std::string &output) {
  std::string equation;
  if (failed(node.getString("equation", equation)))
    return failure();
  llvm::erase(equation, ' ');
  auto [left, right] = StringRef(equation).split("->");
  bool isImplicit = !StringRef(equation).contains("->");
  SmallVector<StringRef> operands;
  left.split(operands, ',');
  if (operands.size() != node.getNumInputs())
    return node.emitError()
           << "equation '" << equation << "' has " << operands.size()
           << " operands, the node " << node.getNumInputs();
  int64_t ellipsis = 0;
  for (auto [i, labels] : llvm::enumerate(operands)) {
    Term term{{}, labels.str()};
    if (failed(node.getInput(i, "Inputs", term.value)) ||
        failed(node.checkNumber(term.value, "Inputs")))
      return failure();
    int64_t rank = nn::tensorType(term.value).getRank();
    if (labels.contains("..."))
      ellipsis = std::max<int64_t>(ellipsis, rank - (labels.size() - 3));
    if (failed(expandEllipsis(node, term.labels, rank - (labels.size() - 3))) ||
        failed(checkLabels(node, term.labels, equation)))
      return failure();
    if (static_cast<int64_t>(term.labels.size()) != rank)
      return node.emitError()
             << "equation '" << equation << "' does not fit an operand of "
             << term.value.getType();
    terms.push_back(term);
  }
  output = right.str();
  if (isImplicit) {
    // Those that stand once, in the alphabet's order, behind the others.
    std::map<char, int64_t> counts;
    for (char label : left)
      ++counts[label];
    output = filter(left, [&](char label) {
      return llvm::isAlpha(label) && counts[label] == 1;
    });
    llvm::sort(output);
    output = "..." + output;
  }
  return failed(expandEllipsis(node, output, ellipsis))
             ? failure()
             : checkLabels(node, output, equation);
}

/// Sums over the dimensions whose label is not needed any more.
void reduceTo(nn::Math &m, Term &term, StringRef needed) {
  std::string gone =
      filter(term.labels, [&](char label) { return !needed.contains(label); });
  term.value =
      m.reduce(nn::ReduceKind::Sum, term.value, findAll(gone, term.labels));
  term.labels =
      filter(term.labels, [&](char label) { return needed.contains(label); });
}

/// The product; labels that both have and that are not needed are contracted.
Term multiply(Binder &node, const Term &a, const Term &b, StringRef needed) {
  std::string shared = filter(a.labels, [&](char label) {
    return b.labels.find(label) != std::string::npos;
  });
  auto isNeeded = [&](char label) { return needed.contains(label); };
  std::string batch = filter(shared, isNeeded);
  std::string contracted =
      filter(shared, [&](char label) { return !isNeeded(label); });
  std::string all = batch;
  for (const Term *term : {&a, &b})
    all += filter(term->labels, [&](char label) {
      return shared.find(label) == std::string::npos;
    });
  if (!contracted.empty())
    return {nn::DotOp::create(
                node.getBuilder(), node.getLoc(), a.value, b.value,
                findAll(batch, a.labels), findAll(batch, b.labels),
                findAll(contracted, a.labels), findAll(contracted, b.labels)),
            all};
  // No sum is needed: an elementwise product, in a's order and then b's.
  nn::Math &m = node.getMath();
  all = a.labels + filter(b.labels, [&](char label) {
          return shared.find(label) == std::string::npos;
        });
  SmallVector<int64_t> shape;
  for (char label : all) {
    const Term &owner = a.labels.find(label) != std::string::npos ? a : b;
    shape.push_back(
        nn::tensorType(owner.value).getDimSize(owner.labels.find(label)));
  }
  auto spread = [&](const Term &term) {
    std::string order = filter(all, [&](char label) {
      return term.labels.find(label) != std::string::npos;
    });
    return m.broadcast(m.transpose(term.value, findAll(order, term.labels)),
                       shape, findAll(order, all));
  };
  Value left = spread(a);
  return {m.mul(left, spread(b)), all};
}

/// Drops the dimensions of extent 1 that are broadcast to another term's.
void dropBroadcast(nn::Math &m, Term &term,
                   const std::map<char, int64_t> &extents) {
  std::string kept;
  SmallVector<int64_t> shape;
  for (auto [label, extent] :
       llvm::zip_equal(term.labels, nn::tensorType(term.value).getShape()))
    if (extent == extents.at(label)) {
      kept += label;
      shape.push_back(extent);
    }
  term.value = m.reshape(term.value, shape);
  term.labels = std::move(kept);
}

/// Dimensions of one label must agree, or be 1.
LogicalResult bindExtents(Binder &node, MutableArrayRef<Term> terms,
                          StringRef output) {
  std::map<char, int64_t> extents;
  for (const Term &term : terms)
    for (auto [label, extent] :
         llvm::zip_equal(term.labels, nn::tensorType(term.value).getShape())) {
      int64_t &known = extents.try_emplace(label, extent).first->second;
      if (known != extent && known != 1 && extent != 1)
        return node.emitError()
               << "dimension '" << StringRef(&label, 1) << "' has the extents "
               << known << " and " << extent;
      if (known == 1)
        known = extent;
    }
  for (char label : output)
    if (!extents.count(label))
      return node.emitError() << "dimension '" << StringRef(&label, 1)
                              << "' of the result is in no operand";
  for (Term &term : terms)
    dropBroadcast(node.getMath(), term, extents);
  return success();
}

/// Of both operands' dimensions, each counted once: those of the product, and
/// those that it takes to make it.
LogicalResult checkProduct(Binder &node, const Term &a, const Term &b,
                           StringRef needed) {
  SmallVector<int64_t> kept, all;
  for (const Term *term : {&a, &b})
    for (auto [label, extent] : llvm::zip_equal(
             term->labels, nn::tensorType(term->value).getShape())) {
      if (term == &b && a.labels.find(label) != std::string::npos)
        continue;
      all.push_back(extent);
      if (needed.contains(label))
        kept.push_back(extent);
    }
  if (!isReasonableShape(kept) || !isReasonableWork(all))
    return node.emitError() << "the result would be too large";
  return success();
}

LogicalResult legalizeEinsum(Binder &node) {
  SmallVector<Term> terms;
  std::string output;
  if (failed(parse(node, terms, output)) ||
      failed(bindExtents(node, terms, output)))
    return failure();
  nn::Math &m = node.getMath();
  for (const Term &term : terms)
    if (failed(node.checkSameElementType(terms[0].value, term.value)))
      return failure();
  // What is needed behind each term.
  SmallVector<std::string> needed = {output};
  for (const Term &term : llvm::reverse(ArrayRef(terms).drop_front()))
    needed.push_back(needed.back() + filter(term.labels, [&](char label) {
                       return needed.back().find(label) == std::string::npos;
                     }));
  Term result;
  for (size_t i = 0; i < terms.size(); ++i) {
    const std::string &later = needed[terms.size() - 1 - i];
    reduceTo(m, terms[i], later + result.labels);
    if (i == 0) {
      result = terms[0];
      continue;
    }
    reduceTo(m, result, later + terms[i].labels);
    if (failed(checkProduct(node, result, terms[i], later)))
      return failure();
    result = multiply(node, result, terms[i], later);
  }
  node.setResult(0, m.transpose(result.value, findAll(output, result.labels)));
  return success();
}

} // namespace

void registerEinsum(LegalizeTable &table) {
  table.add("Einsum", 12, legalizeEinsum);
}

} // namespace dpc::legalize
