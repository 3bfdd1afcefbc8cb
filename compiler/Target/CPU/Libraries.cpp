//===- Libraries.cpp - What libraries compute on CPUs ---------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Target/CPU/CPUTarget.h"

#include "CPUConfig.h"
#include "dialects/Support/WideProduct.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace dpc;

namespace {

/// What runtime/CPU does of one class of forms.
struct Library {
  TypeID kind;
  bool (*takes)(Type elementType);
  int64_t (*getWorkspaceBytes)(plan::LibraryFormAttrInterface form,
                               TypeRange operands, TypeRange results);
};

/// oneDNN's products.
bool multiplies(Type elementType) {
  return isa<Float32Type, Float16Type, BFloat16Type>(elementType);
}

/// Copies in f32 of matrices of a narrower type, which not every CPU multiplies
/// (runtime/CPU/Matmul.h).
int64_t getProductWorkspace(plan::LibraryFormAttrInterface form,
                            TypeRange operands, TypeRange results) {
  if (getElementTypeOrSelf(results[0]).isF32())
    return 0;
  ArrayRef<int64_t> lhs = cast<ShapedType>(operands[0]).getShape(),
                    out = cast<ShapedType>(results[0]).getShape();
  bool isTransposed = cast<plan::MatmulAttr>(form).getTransA();
  int64_t k = lhs.end()[isTransposed ? -2 : -1];
  WideBlock block(llvm::product_of(out.drop_back(2)), out.end()[-2], out.back(),
                  k);
  return block.getFloats() * static_cast<int64_t>(sizeof(float));
}

} // namespace

static const Library *findLibrary(TypeID kind) {
  static const Library libraries[] = {
      {TypeID::get<plan::MatmulAttr>(), multiplies, getProductWorkspace}};
  auto *found = llvm::find_if(
      libraries, [&](const Library &library) { return library.kind == kind; });
  return found == std::end(libraries) ? nullptr : found;
}

bool CPUTarget::hasForm(TypeID kind, Type elementType) const {
  const Library *library = findLibrary(kind);
  return library && library->takes(elementType);
}

int64_t CPUTarget::getWorkspaceBytes(plan::LibraryFormAttrInterface form,
                                     TypeRange operands,
                                     TypeRange results) const {
  const Library *library = findLibrary(form.getTypeID());
  return library ? library->getWorkspaceBytes(form, operands, results) : 0;
}

ArrayRef<const char *> CPUTarget::getLibraries() const { return kLibraries; }
