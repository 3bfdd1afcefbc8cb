//===- Libraries.cpp - What libraries compute on CPUs ---------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "compiler/Target/CPU/CPUTarget.h"

#include "CPUConfig.h"

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

/// Copies in f32 of all matrices of a narrower type, which not every CPU
/// multiplies (runtime/CPU/Matmul.h).
int64_t getProductWorkspace(plan::LibraryFormAttrInterface, TypeRange operands,
                            TypeRange results) {
  if (getElementTypeOrSelf(results[0]).isF32())
    return 0;
  int64_t elements = 0;
  for (TypeRange types : {operands, results})
    for (Type type : types)
      elements += cast<ShapedType>(type).getNumElements();
  return elements * static_cast<int64_t>(sizeof(float));
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
