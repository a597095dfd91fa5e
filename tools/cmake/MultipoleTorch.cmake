# Finds LibTorch and defines the target multipole::torch. The build includes this file, and so does the installed package
# (MultipoleConfig.cmake), so that both find it in the same way.
#
# Order: an installation that CMAKE_PREFIX_PATH or Torch_DIR names (any LibTorch, through its own package file), then PyPI's
# wheel in the virtual environment MULTIPOLE_VENV, then the folders in MULTIPOLE_TORCH_FOLDERS. The wheel for Linux is a
# CUDA build whose package file fails where there is no CUDA toolkit, although libtorch_cpu.so runs everywhere: without
# MULTIPOLE_CUDA a wheel or a folder is linked by path.
#
# Afterwards MULTIPOLE_TORCH_ROOT is LibTorch's folder and MULTIPOLE_TORCH_SERIES its version as MAJOR.MINOR, within which
# programs may be linked to another one. Nothing found: no target, and MULTIPOLE_TORCH_ROOT is empty.

# the version in LibTorch's headers, empty where there are none
function(multipole_torch_series root result)
  set(numbers "")
  foreach(header headeronly/version.h csrc/api/include/torch/version.h)
    if(NOT numbers AND EXISTS "${root}/include/torch/${header}")
      file(STRINGS "${root}/include/torch/${header}" numbers REGEX "^#define TORCH_VERSION_(MAJOR|MINOR) ")
    endif()
  endforeach()
  list(TRANSFORM numbers REPLACE "^#define [A-Z_]+ " "")
  list(JOIN numbers "." numbers)
  set(${result} "${numbers}" PARENT_SCOPE)
endfunction()

function(multipole_torch_from_folder root)
  add_library(multipole_torch INTERFACE)
  target_include_directories(multipole_torch SYSTEM INTERFACE
    "${root}/include" "${root}/include/torch/csrc/api/include")
  target_link_libraries(multipole_torch INTERFACE "${root}/lib/libtorch_cpu.so" "${root}/lib/libc10.so")
  if(EXISTS "${root}/lib/libgomp.so.1")  # the wheel's own: two OpenMP pools would fight for the cores
    target_link_libraries(multipole_torch INTERFACE "${root}/lib/libgomp.so.1")
  endif()
  file(REAL_PATH "${root}" real_root)  # the wheel's NVIDIA libraries stand beside it, not beside a link to it
  file(GLOB nvidia_folders "${real_root}/../nvidia/*/lib")
  # CMake adds the folder itself to the rpath, behind CMAKE_BUILD_RPATH
  target_link_options(multipole_torch INTERFACE "-Wl,-rpath-link,${root}/lib" "-Wl,--no-as-needed")
  foreach(folder IN LISTS nvidia_folders)
    get_filename_component(folder "${folder}" REALPATH)
    target_link_options(multipole_torch INTERFACE "-Wl,-rpath-link,${folder}")
  endforeach()
endfunction()

if(NOT TARGET multipole_torch)
  set(MULTIPOLE_TORCH_ROOT "")
  set(multipole_torch_folders "")
  if(MULTIPOLE_VENV)
    file(GLOB multipole_torch_folders "${MULTIPOLE_VENV}/lib/python3*/site-packages/torch")
  endif()
  foreach(folder IN LISTS multipole_torch_folders MULTIPOLE_TORCH_FOLDERS)
    if(NOT MULTIPOLE_TORCH_ROOT AND EXISTS "${folder}/lib/libtorch_cpu.so")
      set(MULTIPOLE_TORCH_ROOT "${folder}")
    endif()
  endforeach()
  if(CMAKE_PREFIX_PATH OR Torch_DIR OR MULTIPOLE_CUDA)
    # read by TorchConfig.cmake, so it must be set before find_package
    set(TORCH_CUDA_ARCH_LIST "8.0;9.0+PTX" CACHE STRING "GPU architectures")
    set(multipole_torch_hints "")
    if(MULTIPOLE_CUDA)
      set(multipole_torch_hints HINTS "${MULTIPOLE_TORCH_ROOT}")
    endif()
    # CMAKE_PREFIX_PATH may name other packages alone
    find_package(Torch QUIET ${multipole_torch_hints})
  endif()
  if(Torch_FOUND)
    set(MULTIPOLE_TORCH_ROOT "${TORCH_INSTALL_PREFIX}")
    string(REGEX MATCH "^[0-9]+\\.[0-9]+" MULTIPOLE_TORCH_SERIES "${Torch_VERSION}")
    add_library(multipole_torch INTERFACE)
    target_link_libraries(multipole_torch INTERFACE ${TORCH_LIBRARIES})
  elseif(MULTIPOLE_TORCH_ROOT AND NOT MULTIPOLE_CUDA)
    multipole_torch_series("${MULTIPOLE_TORCH_ROOT}" MULTIPOLE_TORCH_SERIES)
    multipole_torch_from_folder("${MULTIPOLE_TORCH_ROOT}")
  else()
    set(MULTIPOLE_TORCH_ROOT "")
  endif()
  if(MULTIPOLE_TORCH_ROOT)
    add_library(multipole::torch ALIAS multipole_torch)
    message(STATUS "LibTorch ${MULTIPOLE_TORCH_SERIES}: ${MULTIPOLE_TORCH_ROOT}")
  endif()
endif()
