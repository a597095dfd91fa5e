# Finds LibTorch and defines the targets multipole::torch (CPU) and, with MULTIPOLE_CUDA, the CUDA parts in it.
#
# Order: an installation named by CMAKE_PREFIX_PATH or Torch_DIR (any LibTorch, through its own package file), then the
# PyPI wheel in the project's virtual environment. The wheel for Linux is a CUDA build whose package file fails where
# there is no CUDA toolkit, although libtorch_cpu.so runs everywhere: the CPU build therefore links it by path.

set(MULTIPOLE_VENV "${PROJECT_SOURCE_DIR}/.venv" CACHE PATH "Virtual environment that holds PyPI's torch wheel")

# Programs look for the op library beside themselves, and for LibTorch where it is as seen from the build folder, before
# the places where they were built: a project that was moved or copied finds its own, a program that was moved alone the
# old one. Nothing to see where the environment or the build folder lies outside the project.
file(GLOB MULTIPOLE_VENV_LIBRARIES "${MULTIPOLE_VENV}/lib/python3*/site-packages/torch/lib")
cmake_path(IS_PREFIX PROJECT_SOURCE_DIR "${MULTIPOLE_VENV_LIBRARIES}" NORMALIZE multipole_moves_torch)
cmake_path(IS_PREFIX PROJECT_SOURCE_DIR "${PROJECT_BINARY_DIR}" NORMALIZE multipole_moves_build)
if(multipole_moves_torch AND multipole_moves_build AND NOT CMAKE_PREFIX_PATH AND NOT Torch_DIR)
  file(RELATIVE_PATH MULTIPOLE_VENV_LIBRARIES "${PROJECT_BINARY_DIR}" "${MULTIPOLE_VENV_LIBRARIES}")
else()
  set(MULTIPOLE_VENV_LIBRARIES "")
endif()
set(CMAKE_BUILD_RPATH "$ORIGIN")
if(MULTIPOLE_VENV_LIBRARIES)
  list(APPEND CMAKE_BUILD_RPATH "$ORIGIN/${MULTIPOLE_VENV_LIBRARIES}")
endif()

function(multipole_torch_from_folder root)
  add_library(multipole_torch INTERFACE)
  target_include_directories(multipole_torch SYSTEM INTERFACE
    "${root}/include" "${root}/include/torch/csrc/api/include")
  target_link_libraries(multipole_torch INTERFACE "${root}/lib/libtorch_cpu.so" "${root}/lib/libc10.so"
    "${root}/lib/libgomp.so.1")  # the wheel's own: two OpenMP pools would fight for the cores
  file(GLOB nvidia_folders "${root}/../nvidia/*/lib")
  # CMake adds the folder itself to the rpath, behind CMAKE_BUILD_RPATH
  target_link_options(multipole_torch INTERFACE "-Wl,-rpath-link,${root}/lib" "-Wl,--no-as-needed")
  foreach(folder IN LISTS nvidia_folders)
    get_filename_component(folder "${folder}" REALPATH)
    target_link_options(multipole_torch INTERFACE "-Wl,-rpath-link,${folder}")
  endforeach()
  add_library(multipole::torch ALIAS multipole_torch)
endfunction()

if(NOT MULTIPOLE_CUDA AND NOT CMAKE_PREFIX_PATH AND NOT Torch_DIR)
  file(GLOB MULTIPOLE_TORCH_ROOT "${MULTIPOLE_VENV}/lib/python3*/site-packages/torch")
  if(NOT MULTIPOLE_TORCH_ROOT)
    message(FATAL_ERROR
      "LibTorch not found in ${MULTIPOLE_VENV}. Run 'make venv' (installs PyPI's torch wheel there), or pass "
      "-DCMAKE_PREFIX_PATH=/path/to/libtorch.")
  endif()
  message(STATUS "LibTorch: ${MULTIPOLE_TORCH_ROOT} (CPU part)")
  multipole_torch_from_folder("${MULTIPOLE_TORCH_ROOT}")
else()
  if(NOT CMAKE_PREFIX_PATH AND NOT Torch_DIR)
    file(GLOB MULTIPOLE_TORCH_ROOT "${MULTIPOLE_VENV}/lib/python3*/site-packages/torch")
    list(APPEND CMAKE_PREFIX_PATH "${MULTIPOLE_TORCH_ROOT}")
  endif()
  # read by TorchConfig.cmake, so it must be set before find_package
  set(TORCH_CUDA_ARCH_LIST "8.0;9.0+PTX" CACHE STRING "GPU architectures")
  find_package(Torch REQUIRED)
  message(STATUS "LibTorch: ${TORCH_INSTALL_PREFIX} ${Torch_VERSION}")
  add_library(multipole_torch INTERFACE)
  target_link_libraries(multipole_torch INTERFACE ${TORCH_LIBRARIES} OpenMP::OpenMP_CXX)
  add_library(multipole::torch ALIAS multipole_torch)
endif()
