# What `cmake --install` and `cpack` put where. All of it is found relative to the
# executable dpc, so that a prefix may be moved.
include(GNUInstallDirs)

# LLVM's and MLIR's libraries lie where Debian does not look by itself.
set_target_properties(dpc PROPERTIES INSTALL_RPATH ${LLVM_PREFIX}/lib)
install(TARGETS dpc RUNTIME DESTINATION bin)
# Not lib/x86_64-linux-gnu: dpc looks for it in ../lib, see DPC_RUNTIME_LIBRARY.
install(TARGETS dpc_runtime dpc_runtime_cuda ARCHIVE DESTINATION lib)
if(DPC_HAVE_PARQUET)
  install(TARGETS dpc_parquet LIBRARY DESTINATION lib)
endif()
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
foreach(folder compiler dialects dialects/Support passes runtime tools test models)
  install(FILES ${folder}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR}/${folder})
endforeach()
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(FILES models/export_torch.py DESTINATION ${CMAKE_INSTALL_DATADIR}/dpc)
install(FILES ${CMAKE_BINARY_DIR}/tools/dpc/dpc.bash
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME dpc)
# Where zsh looks depends on whether Debian put it there.
install(CODE [[
  set(zsh_folder site-functions)
  if(CMAKE_INSTALL_PREFIX MATCHES "/usr$")
    set(zsh_folder vendor-completions)
  endif()
]])
install(FILES ${CMAKE_BINARY_DIR}/tools/dpc/dpc.zsh
  DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/\${zsh_folder} RENAME _dpc)

set(CPACK_GENERATOR "TGZ;DEB")
set(CPACK_PACKAGE_NAME dpc)
set(CPACK_PACKAGE_VENDOR dpc)
set(CPACK_PACKAGE_CONTACT "dpc <dpc@localhost>" CACHE STRING "Who made the package")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Graph compiler for distributed training")
set(CPACK_PACKAGE_DESCRIPTION
  "Takes a neural network as an ONNX file and a strategy, and makes one native
executable that trains it on several ranks.")
set(CPACK_RESOURCE_FILE_LICENSE ${CMAKE_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGE_FILE_NAME dpc-${PROJECT_VERSION}-${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
# What dpc is linked with on Debian 12 (dpkg-shlibdeps stumbles over LLVM's folder);
# then what it links executables with, and what starts them.
list(JOIN DPC_DATA_PACKAGES ", " data_packages)
if(data_packages)
  set(data_packages ", ${data_packages}")
endif()
set(CPACK_DEBIAN_PACKAGE_DEPENDS
  "libc6 (>= 2.36), libgcc-s1, libstdc++6 (>= 12), libllvm22, libmlir-22, libprotobuf-lite32, \
clang-22 | g++ | clang, libdnnl-dev, zlib1g-dev${data_packages}")
# Without it, ranks reach each other over TCP.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "openmpi-bin")
include(CPack)
