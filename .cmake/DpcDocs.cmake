# The target `docs`: the reference of dialects and passes, from their TableGen files, as
# Markdown in build/.../docs.
set(docs)

# dpc_add_docs(TD OUTPUT FLAGS)
function(dpc_add_docs td output flags)
  set(out ${CMAKE_BINARY_DIR}/docs/${output}.md)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/docs
    COMMAND ${LLVM_PREFIX}/bin/mlir-tblgen ${flags} -I ${CMAKE_SOURCE_DIR} -I ${MLIR_INCLUDE_DIRS}
      ${CMAKE_SOURCE_DIR}/${td} -o ${out} -d ${out}.d
    DEPFILE ${out}.d
    DEPENDS ${CMAKE_SOURCE_DIR}/${td}
    COMMENT "Reference of ${output}")
  set(docs ${docs} ${out} PARENT_SCOPE)
endfunction()

foreach(dialect ONNX NN Dist Plan)
  string(TOLOWER ${dialect} name)
  set(td dialects/${dialect}/${dialect}Ops.td)
  dpc_add_docs(${td} ${name} "-gen-dialect-doc -dialect=${name}")
  file(GLOB files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/dialects/${dialect}/*.td)
  foreach(td ${files})
    get_filename_component(stem ${td} NAME_WE)
    string(TOLOWER ${stem} stem)
    foreach(kind Op Attr)
      string(TOLOWER ${kind} flag)
      file(STRINGS ${CMAKE_SOURCE_DIR}/${td} found REGEX ": ${kind}Interface<" LIMIT_COUNT 1)
      if(found)
        dpc_add_docs(${td} ${stem}-${flag} -gen-${flag}-interface-docs)
      endif()
    endforeach()
  endforeach()
endforeach()
file(GLOB groups CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/passes/*/Passes.td)
foreach(td ${groups})
  string(REGEX REPLACE "passes/(.*)/Passes.td" "\\1" name ${td})
  string(TOLOWER ${name} name)
  dpc_add_docs(${td} passes-${name} -gen-pass-doc)
endforeach()
add_custom_target(docs DEPENDS ${docs} COMMENT "The reference is in ${CMAKE_BINARY_DIR}/docs")
