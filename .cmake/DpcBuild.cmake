# Warnings are errors in our own code; LLVM's headers are system headers.
add_library(dpc_options INTERFACE)
target_compile_options(dpc_options INTERFACE -Wall -Wextra -Werror -Wno-unused-parameter)

add_library(dpc_mlir_options INTERFACE)
target_include_directories(dpc_mlir_options INTERFACE
  ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
target_include_directories(dpc_mlir_options SYSTEM INTERFACE
  ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
target_link_libraries(dpc_mlir_options INTERFACE dpc_options)

# Headers take most of a file's compile time; they are compiled once.
set(DPC_MLIR_HEADERS
  <mlir/Bytecode/BytecodeOpInterface.h>
  <mlir/Dialect/Arith/IR/Arith.h>
  <mlir/Dialect/Func/IR/FuncOps.h>
  <mlir/Dialect/Math/IR/Math.h>
  <mlir/Dialect/SCF/IR/SCF.h>
  <mlir/IR/Builders.h>
  <mlir/IR/BuiltinOps.h>
  <mlir/IR/DialectImplementation.h>
  <mlir/IR/PatternMatch.h>
  <mlir/Interfaces/InferTypeOpInterface.h>
  <mlir/Pass/Pass.h>)
set(DPC_DIALECT_HEADERS
  ${CMAKE_SOURCE_DIR}/dialects/Dist/DistDialect.h
  ${CMAKE_SOURCE_DIR}/dialects/NN/NNDialect.h)

# dpc_add_precompiled_headers(NAME HEADERS...), for files that are compiled with the same
# flags; the generated headers of dialects that were added before are there.
function(dpc_add_precompiled_headers name)
  set(anchor ${CMAKE_BINARY_DIR}/${name}.cpp)
  if(NOT EXISTS ${anchor}) # a newer file would rebuild everything
    file(WRITE ${anchor} "")
  endif()
  add_library(${name} OBJECT ${anchor})
  target_link_libraries(${name} PUBLIC dpc_mlir_options)
  target_precompile_headers(${name} PRIVATE ${ARGN})
  get_property(incgen GLOBAL PROPERTY DPC_INCGEN)
  if(incgen)
    add_dependencies(${name} ${incgen})
  endif()
endfunction()
dpc_add_precompiled_headers(dpc_pch ${DPC_MLIR_HEADERS})
# What libraries and tools use; above the dialects, another one (see CMakeLists.txt).
set(DPC_PCH dpc_pch)

# dpc_add_tablegen(NAME (TD OUTPUT FLAGS)...) makes target NAMEIncGen.
function(dpc_add_tablegen name)
  set(args ${ARGN})
  set(outputs)
  while(args)
    list(POP_FRONT args td output flags)
    separate_arguments(flags UNIX_COMMAND "${flags}")
    set(out ${CMAKE_CURRENT_BINARY_DIR}/${output})
    add_custom_command(OUTPUT ${out}
      COMMAND ${LLVM_PREFIX}/bin/mlir-tblgen ${flags} -I ${CMAKE_SOURCE_DIR} -I ${MLIR_INCLUDE_DIRS}
        ${CMAKE_CURRENT_SOURCE_DIR}/${td} -o ${out} --write-if-changed -d ${out}.d
      DEPFILE ${out}.d
      DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${td}
      COMMENT "TableGen ${output}")
    list(APPEND outputs ${out})
  endwhile()
  add_custom_target(${name}IncGen DEPENDS ${outputs})
  set_property(GLOBAL APPEND PROPERTY DPC_INCGEN ${name}IncGen)
endfunction()

# What the headers leave of a file's compile time is for the most part templates that its
# neighbours need too. Eight files at a time share them; -DDPC_UNITY=OFF while you
# change one file again and again.
option(DPC_UNITY "Compile the sources of a library eight at a time" ON)

# dpc_add_library(NAME SOURCES... [DEPENDS TARGETS...] [LINK LIBRARIES...])
function(dpc_add_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC dpc_mlir_options ${ARG_LINK})
  target_precompile_headers(${name} REUSE_FROM ${DPC_PCH})
  set_target_properties(${name} PROPERTIES UNITY_BUILD ${DPC_UNITY})
  # Generated headers are included across folders.
  get_property(incgen GLOBAL PROPERTY DPC_INCGEN)
  add_dependencies(${name} ${incgen} ${ARG_DEPENDS})
endfunction()

# dpc_add_tool(NAME SOURCES... [LINK LIBRARIES...])
function(dpc_add_tool name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE dpc_mlir_options ${ARG_LINK} MLIR LLVM)
  # The precompiled header is built with -fPIC, not -fPIE.
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${name} PRIVATE -fPIC)
  target_precompile_headers(${name} REUSE_FROM ${DPC_PCH})
  get_property(incgen GLOBAL PROPERTY DPC_INCGEN)
  add_dependencies(${name} ${incgen})
endfunction()
