# Where programs in the build folder look for shared libraries: for the op library beside themselves, and for LibTorch where
# it is as seen from the build folder, before the places where they were built. A project that was moved or copied finds
# its own, a program that was moved alone the old one. MULTIPOLE_VENV_LIBRARIES is the folder of LibTorch's libraries seen
# from the build folder, empty where the environment or the build folder lies outside the project.
set(MULTIPOLE_VENV_LIBRARIES "")
cmake_path(IS_PREFIX PROJECT_SOURCE_DIR "${MULTIPOLE_TORCH_ROOT}" NORMALIZE multipole_moves_torch)
cmake_path(IS_PREFIX PROJECT_SOURCE_DIR "${PROJECT_BINARY_DIR}" NORMALIZE multipole_moves_build)
set(CMAKE_BUILD_RPATH "$ORIGIN")
if(multipole_moves_torch AND multipole_moves_build)
  file(RELATIVE_PATH MULTIPOLE_VENV_LIBRARIES "${PROJECT_BINARY_DIR}" "${MULTIPOLE_TORCH_ROOT}/lib")
  list(APPEND CMAKE_BUILD_RPATH "$ORIGIN/${MULTIPOLE_VENV_LIBRARIES}")
endif()
