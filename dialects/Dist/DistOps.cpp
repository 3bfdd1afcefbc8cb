//===- DistOps.cpp - dist operations --------------------------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/DistDialect.h"
#include "dialects/NN/Builders.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;
using namespace dpc;
using namespace dpc::dist;

//===----------------------------------------------------------------------===//
// MeshOp
//===----------------------------------------------------------------------===//

// ["data" = 2, "tensor" = 4]
static ParseResult parseMeshAxes(OpAsmParser &parser, ArrayAttr &axes,
                                 DenseI64ArrayAttr &sizes) {
  SmallVector<Attribute> names;
  SmallVector<int64_t> extents;
  auto parseAxis = [&]() -> ParseResult {
    std::string name;
    int64_t size;
    if (parser.parseString(&name) || parser.parseEqual() ||
        parser.parseInteger(size))
      return failure();
    names.push_back(parser.getBuilder().getStringAttr(name));
    extents.push_back(size);
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, parseAxis))
    return failure();
  axes = parser.getBuilder().getArrayAttr(names);
  sizes = parser.getBuilder().getDenseI64ArrayAttr(extents);
  return success();
}

static void printMeshAxes(OpAsmPrinter &printer, MeshOp, ArrayAttr axes,
                          DenseI64ArrayAttr sizes) {
  printer << '[';
  llvm::interleaveComma(
      llvm::zip_equal(axes, sizes.asArrayRef()), printer, [&](auto axis) {
        printer << std::get<0>(axis) << " = " << std::get<1>(axis);
      });
  printer << ']';
}

/// More ranks than any machine has: keeps products of sizes in range.
static constexpr int64_t kMaxRanks = int64_t(1) << 24;

LogicalResult MeshOp::verify() {
  if (getAxes().size() != getSizes().size())
    return emitOpError("needs one size per axis");
  llvm::SmallDenseSet<StringRef> seen;
  int64_t ranks = 1;
  for (auto [attr, size] : llvm::zip_equal(getAxes(), getSizes())) {
    StringRef name = cast<StringAttr>(attr).getValue();
    if (name.empty())
      return emitOpError("has an axis without a name");
    if (!seen.insert(name).second)
      return emitOpError("has axis \"") << name << "\" twice";
    if (size < 1)
      return emitOpError("has size ")
             << size << " on axis \"" << name << "\"; sizes start at 1";
    if (size > kMaxRanks || ranks * size > kMaxRanks)
      return emitOpError("has more than ") << kMaxRanks << " ranks";
    ranks *= size;
  }
  return success();
}

int64_t MeshOp::getAxisSize(StringRef axis) {
  for (auto [name, size] : llvm::zip_equal(getAxes(), getSizes()))
    if (cast<StringAttr>(name).getValue() == axis)
      return size;
  std::optional<RankDigit> digit = getRankDigit(*this, axis);
  return digit ? digit->size : 0;
}

int64_t MeshOp::getGroupSize(ArrayAttr axes) {
  int64_t size = 1;
  for (auto axis : axes.getAsValueRange<StringAttr>())
    size *= getAxisSize(axis);
  return size;
}

int64_t MeshOp::getNumRanks() {
  int64_t ranks = 1;
  for (int64_t size : getSizes())
    ranks *= size;
  return ranks;
}

int64_t MeshOp::getGroupIndex(int64_t rank, ArrayAttr axes) {
  int64_t index = 0;
  for (auto axis : axes.getAsValueRange<StringAttr>())
    if (std::optional<RankDigit> digit = getRankDigit(*this, axis))
      index = index * digit->size + digit->get(rank);
  return index;
}

SmallVector<int64_t> MeshOp::getGroup(int64_t rank, ArrayAttr axes) {
  SmallVector<int64_t> group = {rank};
  for (auto axis : axes.getAsValueRange<StringAttr>()) {
    std::optional<RankDigit> digit = getRankDigit(*this, axis);
    if (!digit)
      continue;
    SmallVector<int64_t> longer;
    for (int64_t member : group)
      for (int64_t i = 0; i < digit->size; ++i)
        longer.push_back(member + (i - digit->get(member)) * digit->stride);
    group = std::move(longer);
  }
  return group;
}

//===----------------------------------------------------------------------===//
// Transfers
//===----------------------------------------------------------------------===//

bool dpc::dist::isReduction(TransferKind kind) {
  return kind == TransferKind::AllReduce || kind == TransferKind::Reduce ||
         kind == TransferKind::ReduceScatter;
}

bool dpc::dist::isMessage(TransferKind kind) {
  return kind == TransferKind::Send || kind == TransferKind::Recv;
}

bool dpc::dist::isInPlace(TransferKind kind) {
  return kind == TransferKind::AllReduce || kind == TransferKind::Reduce;
}

double dpc::dist::getBytesSent(TransferKind kind, int64_t payloadBytes,
                               int64_t ranks) {
  double others = static_cast<double>(ranks - 1) / static_cast<double>(ranks);
  switch (kind) {
  case TransferKind::AllReduce:
    return 2 * others * static_cast<double>(payloadBytes);
  case TransferKind::Reduce:
  case TransferKind::AllGather:
  case TransferKind::ReduceScatter:
  case TransferKind::AllToAll:
    return others * static_cast<double>(payloadBytes);
  case TransferKind::Permute:
  case TransferKind::Send:
  case TransferKind::Recv:
    return static_cast<double>(payloadBytes);
  }
  llvm_unreachable("unknown transfer");
}

//===----------------------------------------------------------------------===//
// Collectives
//===----------------------------------------------------------------------===//

using Operands = ArrayRef<SmallVector<const nn::ReferenceTensor *>>;
using Results = MutableArrayRef<SmallVector<nn::ReferenceTensor>>;

static LogicalResult verifyAxes(Operation *op, ArrayAttr axes) {
  if (axes.empty())
    return op->emitOpError("needs at least one axis");
  SmallVector<StringAttr> names(axes.getAsRange<StringAttr>());
  std::string problem = findAxisProblem(getMesh(op), names);
  return problem.empty() ? success() : op->emitOpError(problem);
}

/// Content that no result may depend on: a NaN shows where one does.
static nn::ReferenceElement getPoison(Type elementType) {
  if (isa<FloatType>(elementType))
    return {.real = std::numeric_limits<double>::quiet_NaN()};
  return {.integer = 0};
}

static int64_t getTotalBytes(TypeRange types) {
  int64_t bytes = 0;
  for (Type type : types)
    bytes += getSizeInBytes(cast<ShapedType>(type));
  return bytes;
}

/// The reduction of operand `i` of all ranks, in the order of the ranks.
static nn::ReferenceTensor reduceRanks(nn::ReduceKind kind, Operands operands,
                                       unsigned i) {
  nn::ReferenceTensor total = *operands[0][i];
  for (const auto &rank : operands.drop_front())
    for (int64_t j = 0; j < total.size(); ++j)
      total.accumulate(kind, j, *rank[i], j);
  return total;
}

LogicalResult AllReduceOp::inferReturnTypes(MLIRContext *,
                                            std::optional<Location>,
                                            Adaptor adaptor,
                                            SmallVectorImpl<Type> &types) {
  llvm::append_range(types, adaptor.getInputs().getTypes());
  return success();
}

LogicalResult AllReduceOp::verify() {
  if (getInputs().empty())
    return emitOpError("needs at least one operand");
  Type elementType = getElementTypeOrSelf(getInputs()[0].getType());
  for (Type type : getInputs().getTypes())
    if (getElementTypeOrSelf(type) != elementType)
      return emitOpError(
          "has operands of different element types in one message");
  return verifyAxes(*this, getAxes());
}

int64_t AllReduceOp::getPayloadBytes() {
  return getTotalBytes(getOutputs().getTypes());
}

LogicalResult AllReduceOp::evaluateGroup(Operands operands, Results results) {
  for (unsigned i = 0, e = getNumOperands(); i < e; ++i) {
    nn::ReferenceTensor total = reduceRanks(getKind(), operands, i);
    for (auto &rank : results)
      rank[i].data = total.data;
  }
  return success();
}

LogicalResult ReduceOp::verify() { return verifyAxes(*this, getAxes()); }

int64_t ReduceOp::getPayloadBytes() {
  return getTotalBytes({getOutput().getType()});
}

Joining ReduceOp::getJoining() { return Joining::Whole; }

LogicalResult ReduceOp::evaluateGroup(Operands operands, Results results) {
  for (auto &rank : results)
    llvm::fill(rank[0].data, getPoison(rank[0].type.getElementType()));
  results[0][0].data = reduceRanks(getKind(), operands, 0).data;
  return success();
}

LogicalResult AllGatherOp::verify() {
  if (failed(verifyAxes(*this, getAxes())))
    return failure();
  auto input = cast<RankedTensorType>(getInput().getType());
  auto output = cast<RankedTensorType>(getOutput().getType());
  int64_t dim = getDim();
  if (dim < 0 || dim >= input.getRank())
    return emitOpError("has no dimension ") << dim;
  SmallVector<int64_t> shape(input.getShape());
  shape[dim] *= getMesh(*this).getGroupSize(getAxes());
  if (output != input.clone(shape))
    return emitOpError("must yield ") << input.clone(shape);
  return success();
}

int64_t AllGatherOp::getPayloadBytes() {
  return getTotalBytes({getOutput().getType()});
}

std::optional<int64_t> AllGatherOp::getGatheredDim() { return getDim(); }

Joining AllGatherOp::getJoining() {
  return getDim() == 0 ? Joining::Gathered : Joining::None;
}

LogicalResult AllGatherOp::evaluateGroup(Operands operands, Results results) {
  // In row-major order the output is, for every index of the dimensions before
  // `dim`, the ranks' blocks one after the other.
  auto input = cast<RankedTensorType>(getInput().getType());
  int64_t block = 1;
  for (int64_t extent : input.getShape().drop_front(getDim()))
    block *= extent;
  int64_t outer = block ? input.getNumElements() / block : 0;
  std::vector<nn::ReferenceElement> gathered;
  for (int64_t i = 0; i < outer; ++i)
    for (const auto &rank : operands) {
      auto begin = rank[0]->data.begin() + i * block;
      gathered.insert(gathered.end(), begin, begin + block);
    }
  for (auto &rank : results)
    rank[0].data = gathered;
  return success();
}

LogicalResult ReduceScatterOp::verify() {
  if (failed(verifyAxes(*this, getAxes())))
    return failure();
  auto input = cast<RankedTensorType>(getInput().getType());
  auto output = cast<RankedTensorType>(getOutput().getType());
  if (input.getRank() == 0)
    return emitOpError("cannot cut a scalar into parts");
  int64_t parts = getMesh(*this).getGroupSize(getAxes());
  SmallVector<int64_t> shape(input.getShape());
  if (shape[0] % parts)
    return emitOpError("cannot cut ")
           << shape[0] << " rows into " << parts << " equal parts";
  shape[0] /= parts;
  if (output != input.clone(shape))
    return emitOpError("must yield ") << input.clone(shape);
  return success();
}

int64_t ReduceScatterOp::getPayloadBytes() {
  return getTotalBytes({getInput().getType()});
}

Joining ReduceScatterOp::getJoining() { return Joining::Scattered; }

LogicalResult ReduceScatterOp::evaluateGroup(Operands operands,
                                             Results results) {
  nn::ReferenceTensor total = reduceRanks(getKind(), operands, 0);
  auto part = total.data.begin();
  for (auto &rank : results) {
    auto &data = rank[0].data;
    std::copy(part, part + data.size(), data.begin());
    part += data.size();
  }
  return success();
}

LogicalResult AllToAllOp::verify() {
  if (failed(verifyAxes(*this, getAxes())))
    return failure();
  auto type = cast<RankedTensorType>(getInput().getType());
  if (type.getRank() == 0)
    return emitOpError("cannot cut a scalar into parts");
  int64_t parts = getMesh(*this).getGroupSize(getAxes());
  if (type.getDimSize(0) % parts)
    return emitOpError("cannot cut ")
           << type.getDimSize(0) << " rows into " << parts << " equal parts";
  return success();
}

int64_t AllToAllOp::getPayloadBytes() {
  return getTotalBytes({getInput().getType()});
}

LogicalResult AllToAllOp::evaluateGroup(Operands operands, Results results) {
  size_t part = operands[0][0]->data.size() / operands.size();
  for (auto [receiver, result] : llvm::enumerate(results))
    for (auto [sender, operand] : llvm::enumerate(operands)) {
      auto from = operand[0]->data.begin() + receiver * part;
      std::copy(from, from + part, result[0].data.begin() + sender * part);
    }
  return success();
}

LogicalResult PermuteOp::verify() {
  if (failed(verifyAxes(*this, getAxes())))
    return failure();
  int64_t ranks = getMesh(*this).getGroupSize(getAxes());
  llvm::DenseSet<int64_t> seen;
  for (int64_t source : getSources())
    if (source < 0 || source >= ranks || !seen.insert(source).second)
      return emitOpError("must name every rank of the group once as a source");
  if (static_cast<int64_t>(seen.size()) != ranks)
    return emitOpError("has ")
           << seen.size() << " sources for a group of " << ranks << " ranks";
  return success();
}

int64_t PermuteOp::getPayloadBytes() {
  return getTotalBytes({getInput().getType()});
}

LogicalResult PermuteOp::evaluateGroup(Operands operands, Results results) {
  for (auto [source, result] : llvm::zip_equal(getSources(), results))
    result[0].data = operands[source][0]->data;
  return success();
}

//===----------------------------------------------------------------------===//
// SendOp, RecvOp
//===----------------------------------------------------------------------===//

static ArrayAttr getPipeAxes(MLIRContext *context) {
  return Builder(context).getStrArrayAttr(kPipeAxis);
}

static LogicalResult verifyMessage(Operation *op, int64_t peer,
                                   int64_t channel) {
  MeshOp mesh = getMesh(op);
  int64_t stages = mesh ? mesh.getAxisSize(kPipeAxis) : 0;
  if (stages == 0)
    return op->emitOpError("needs a mesh with the axis \"")
           << kPipeAxis << "\"";
  if (peer < 0 || peer >= stages)
    return op->emitOpError("names stage ") << peer << " of " << stages;
  if (channel < 0)
    return op->emitOpError("has the negative channel ") << channel;
  auto function = op->getParentOfType<FunctionOpInterface>();
  auto own = function ? function->getAttrOfType<IntegerAttr>(kStageAttr)
                      : IntegerAttr();
  if (own && own.getInt() == peer)
    return op->emitOpError("names its own stage, ") << peer;
  return success();
}

LogicalResult SendOp::verify() {
  return verifyMessage(*this, getTo(), getChannel());
}

LogicalResult RecvOp::verify() {
  return verifyMessage(*this, getFrom(), getChannel());
}

ArrayAttr SendOp::getAxes() { return getPipeAxes(getContext()); }

ArrayAttr RecvOp::getAxes() { return getPipeAxes(getContext()); }

std::optional<Message> SendOp::getMessage() {
  return Message{static_cast<int64_t>(getTo()),
                 static_cast<int64_t>(getChannel())};
}

std::optional<Message> RecvOp::getMessage() {
  return Message{static_cast<int64_t>(getFrom()),
                 static_cast<int64_t>(getChannel())};
}

int64_t SendOp::getPayloadBytes() {
  return getTotalBytes({getInput().getType()});
}

int64_t RecvOp::getPayloadBytes() {
  return getTotalBytes({getOutput().getType()});
}

//===----------------------------------------------------------------------===//
// ReshardOp, AxisIndexOp
//===----------------------------------------------------------------------===//

LogicalResult ReshardOp::verify() {
  auto type = cast<RankedTensorType>(getInput().getType());
  if (failed(verifySharding(*this, getFrom(), type, "'from'")) ||
      failed(verifySharding(*this, getTo(), type, "'to'")))
    return failure();
  // Nothing tells how a whole value is to be taken apart into terms.
  for (StringAttr axis : getTo().getPartialAxes())
    if (!llvm::is_contained(getFrom().getPartialAxes(), axis) ||
        getFrom().getPartialKind() != getTo().getPartialKind())
      return emitOpError("cannot make a value partial over ") << axis;
  return success();
}

LogicalResult AxisIndexOp::verify() { return verifyAxes(*this, getAxes()); }

//===----------------------------------------------------------------------===//
// SliceAtOp
//===----------------------------------------------------------------------===//

LogicalResult SliceAtOp::verify() {
  auto input = cast<RankedTensorType>(getInput().getType());
  auto output = cast<RankedTensorType>(getOutput().getType());
  int64_t dim = getDim();
  if (dim < 0 || dim >= input.getRank())
    return emitOpError("has no dimension ") << dim;
  if (output.getRank() != input.getRank())
    return emitOpError("must keep the rank");
  SmallVector<int64_t> shape(input.getShape());
  shape[dim] = output.getDimSize(dim);
  if (output != input.clone(shape))
    return emitOpError("must yield ") << input.clone(shape);
  if (input.getDimSize(dim) == 0 && output.getNumElements() != 0)
    return emitOpError("takes a part of nothing");
  return success();
}

int64_t SliceAtOp::getFlops() { return 0; }

bool SliceAtOp::isCheapToRecompute() { return true; }

nn::OperandAccess SliceAtOp::getOperandAccess(unsigned operand) {
  return operand == 0 ? nn::OperandAccess::OneToOne
                      : nn::OperandAccess::Replicating;
}

LogicalResult
SliceAtOp::evaluate(ArrayRef<const nn::ReferenceTensor *> operands,
                    MutableArrayRef<nn::ReferenceTensor> results) {
  const nn::ReferenceTensor &input = *operands[0];
  nn::ReferenceTensor &output = results[0];
  int64_t offset = operands[1]->data[0].integer;
  SmallVector<int64_t> strides = nn::rowMajorStrides(input.shape());
  nn::ReferenceElement poison = getPoison(output.type.getElementType());
  int64_t dim = getDim(), next = 0;
  nn::forEachIndex(output.shape(), [&](ArrayRef<int64_t> index) {
    int64_t source = offset * strides[dim];
    for (auto [i, stride] : llvm::zip_equal(index, strides))
      source += i * stride;
    bool inside = offset + index[dim] < input.shape()[dim];
    output.data[next++] = inside ? input.data[source] : poison;
  });
  return success();
}

// Positions past the end read the last element: any content will do, but the
// read must stay inside.
Value SliceAtOp::emitElement(OpBuilder &builder, Location loc,
                             ValueRange indices, nn::ReadElement read) {
  Value offset = arith::IndexCastOp::create(
      builder, loc, builder.getIndexType(), read(1, {}));
  int64_t extent = cast<ShapedType>(getInput().getType()).getDimSize(getDim());
  Value last = arith::ConstantIndexOp::create(builder, loc, extent - 1);
  SmallVector<Value> source(indices);
  Value &index = source[getDim()];
  index = arith::AddIOp::create(builder, loc, index, offset);
  index = arith::MinSIOp::create(builder, loc, index, last);
  return read(0, source);
}

//===----------------------------------------------------------------------===//
// StartOp, WaitOp
//===----------------------------------------------------------------------===//

Operation *StartOp::getStarted() { return &getBody().front().front(); }

CollectiveOpInterface StartOp::getCollective() {
  return cast<CollectiveOpInterface>(getStarted());
}

LogicalResult StartOp::verify() {
  Block &block = getBody().front();
  if (block.getOperations().size() != 2 ||
      !isa<TransferOpInterface>(block.front()) || !isa<YieldOp>(block.back()))
    return emitOpError("must hold one collective and dist.yield");
  if (!llvm::equal(block.back().getOperands(), block.front().getResults()))
    return emitOpError("must yield the collective's results, in order");
  if (!getHandle().hasOneUse() || !isa<WaitOp>(*getHandle().user_begin()))
    return emitOpError("must be waited for exactly once");
  return success();
}

LogicalResult WaitOp::verify() {
  auto start = getHandle().getDefiningOp<StartOp>();
  if (!start)
    return emitOpError("waits for something that is not a dist.start");
  Block &block = start.getBody().front();
  if (block.empty() ||
      getOutputs().getTypes() != block.back().getOperandTypes())
    return emitOpError("must yield what its dist.start yields");
  return success();
}

#define GET_OP_CLASSES
#include "dialects/Dist/DistOps.cpp.inc"
