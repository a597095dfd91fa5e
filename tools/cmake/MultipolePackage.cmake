# `make package`: a .deb and a .tar.gz of what `cmake --install` installs, without the link to this machine's LibTorch.
set(CPACK_PACKAGE_NAME multipole)
set(CPACK_PACKAGE_VENDOR Multipole)
set(CPACK_PACKAGE_CONTACT "The maintainers of Multipole")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_DESCRIPTION
  "The command multipole, its C++ library with headers, the attention operator for Python, and trained models.
Needs LibTorch ${MULTIPOLE_TORCH_SERIES}, which Debian does not have and this package does not hold. The command says
how to get it from PyPI; MULTIPOLE_LIBTORCH names a folder that holds it.")
find_program(MULTIPOLE_DPKG_QUERY dpkg-query)
set(CPACK_GENERATOR TGZ)
if(MULTIPOLE_DPKG_QUERY)
  list(APPEND CPACK_GENERATOR DEB)
endif()
set(CPACK_INSTALL_CMAKE_PROJECTS "${PROJECT_BINARY_DIR};multipole;multipole;/")  # the component multipole alone
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_DIRECTORY "${PROJECT_BINARY_DIR}/packages")
string(TOLOWER "multipole-${PROJECT_VERSION}-${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR}" CPACK_PACKAGE_FILE_NAME)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "python3-venv")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "g++, cmake, nlohmann-json3-dev, libopencv-core-dev, libopencv-imgproc-dev")

# what the .deb depends on is asked of the files when it is made
file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/install/package_generator.cmake" @ONLY CONTENT [[
if(CPACK_GENERATOR STREQUAL "DEB")
  execute_process(COMMAND sh "@PROJECT_SOURCE_DIR@/tools/install/package_dependencies.sh"
    "@PROJECT_BINARY_DIR@/multipole" "@PROJECT_BINARY_DIR@/libmultipole.so" "@PROJECT_BINARY_DIR@/libmultipole_ops.so"
    OUTPUT_VARIABLE CPACK_DEBIAN_PACKAGE_DEPENDS OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
endif()
]])
set(CPACK_PROJECT_CONFIG_FILE "${PROJECT_BINARY_DIR}/install/package_generator.cmake")
include(CPack)
