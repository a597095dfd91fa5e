# Helpers that give every target of the project the same flags, the shared precompiled header and the same rpath.

# Precompiled torch headers, shared by all targets. <torch/torch.h> itself is left out on purpose: its pending template
# instantiations would be compiled again in every file (13 s each, measured; 3 s with the headers below).
set(MULTIPOLE_PRECOMPILED_HEADERS <torch/types.h> <torch/nn/module.h> <torch/nn/pimpl.h> <nlohmann/json.hpp>
  <algorithm> <cstdint> <filesystem> <memory> <optional> <string> <vector>)

# multipole_create_precompiled_header(TARGET [further headers])
function(multipole_create_precompiled_header target)
  file(WRITE "${PROJECT_BINARY_DIR}/generated/${target}.cpp" "// carries the precompiled header\n")
  add_library(${target} STATIC "${PROJECT_BINARY_DIR}/generated/${target}.cpp")
  target_link_libraries(${target} PUBLIC multipole_flags multipole::torch)
  target_precompile_headers(${target} PRIVATE ${MULTIPOLE_PRECOMPILED_HEADERS} ${ARGN})
endfunction()

# Code that only parses, prints or checks: optimising it costs more than it gives (a test folder: 17 s, 11 s by -O1).
# A precompiled header serves only those who are compiled alike.
function(multipole_optimize_little target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
endfunction()

# Loading the precompiled header costs 3.5 s a file, also where nothing of it is used: these sources do without.
function(multipole_skip_precompiled_header target)
  set_source_files_properties(${ARGN} TARGET_DIRECTORY ${target} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
endfunction()

# A library of the project: multipole_add_library(NAME SOURCES ... [PLAIN ...] LINK ... [NO_TORCH])
# PLAIN: sources that include nothing of torch; NO_TORCH: none does. A folder whose targets share a precompiled header of
# their own names its target in MULTIPOLE_PCH; MULTIPOLE_OPTIMIZE_LITTLE is for all below a folder, too. All are named in
# the global property MULTIPOLE_LIBRARIES.
function(multipole_add_library name)
  cmake_parse_arguments(arg "NO_TORCH" "" "SOURCES;PLAIN;LINK" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES} ${arg_PLAIN})
  set_property(GLOBAL APPEND PROPERTY MULTIPOLE_LIBRARIES ${name})
  if(arg_PLAIN)
    multipole_skip_precompiled_header(${name} ${arg_PLAIN})
  endif()
  target_link_libraries(${name} PUBLIC multipole_flags ${arg_LINK})
  if(MULTIPOLE_OPTIMIZE_LITTLE)
    multipole_optimize_little(${name})
  endif()
  if(NOT arg_NO_TORCH)
    target_link_libraries(${name} PUBLIC multipole::torch)
    if(NOT arg_SOURCES)
      return()
    endif()
    target_precompile_headers(${name} REUSE_FROM ${MULTIPOLE_PCH})
  endif()
endfunction()

# A folder of headers alone: multipole_add_header_library(NAME [LINK ...])
function(multipole_add_header_library name)
  cmake_parse_arguments(arg "NO_TORCH" "" "LINK" ${ARGN})
  add_library(${name} INTERFACE)
  target_link_libraries(${name} INTERFACE multipole_flags ${arg_LINK})
  if(NOT arg_NO_TORCH)
    target_link_libraries(${name} INTERFACE multipole::torch)
  endif()
endfunction()

# The suites of a test file as a filter for GoogleTest: TEST, TEST_F, TEST_P and TYPED_TEST.
function(multipole_suites_of source result)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${source}")
  file(STRINGS "${source}" lines REGEX "^(TYPED_)?TEST(_[FP])?\\(")
  set(suites "")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "^[A-Z_]+\\(([A-Za-z0-9_]+).*" "\\1" suite "${line}")
    list(APPEND suites "${suite}.*" "*/${suite}.*" "${suite}/*")
  endforeach()
  list(REMOVE_DUPLICATES suites)
  list(JOIN suites ":" filter)
  set(${result} "${filter}" PARENT_SCOPE)
endfunction()

# A test file: multipole_add_test(test_name.cpp LABELS unit grad LINK multipole_backbone DEPENDS multipole). The files of a
# folder share one program, compiled several at a time; each is a test of its own, <folders>_<name>, that runs its suites.
function(multipole_add_test source)
  cmake_parse_arguments(arg "" "TIMEOUT" "LABELS;LINK;DEPENDS;ENVIRONMENT" ${ARGN})
  get_filename_component(stem "${source}" NAME_WE)
  file(RELATIVE_PATH folder "${PROJECT_SOURCE_DIR}/tests" "${CMAKE_CURRENT_SOURCE_DIR}")
  string(REPLACE "/" "_" prefix "${folder}")
  string(REGEX REPLACE "^test_" "" short "${stem}")
  set(name "${prefix}_${short}")
  set(program "${prefix}_tests")
  if(NOT TARGET ${program})
    add_executable(${program})
    target_link_libraries(${program} PRIVATE multipole_flags multipole_test_support GTest::gtest)
    multipole_optimize_little(${program})
    target_precompile_headers(${program} REUSE_FROM ${MULTIPOLE_PCH})
    target_link_libraries(${program} PRIVATE multipole::torch)
  endif()
  target_sources(${program} PRIVATE "${source}")
  target_link_libraries(${program} PRIVATE ${arg_LINK})
  if(arg_DEPENDS)
    add_dependencies(${program} ${arg_DEPENDS})
  endif()
  multipole_suites_of("${CMAKE_CURRENT_SOURCE_DIR}/${source}" filter)
  get_target_property(others ${program} MULTIPOLE_SUITES)
  string(REPLACE ":" ";" suites "${filter}")
  foreach(suite IN LISTS suites)
    if(suite IN_LIST others)
      message(FATAL_ERROR "${source}: another file of this folder has a suite ${suite}; they share one program")
    endif()
  endforeach()
  set_property(TARGET ${program} APPEND PROPERTY MULTIPOLE_SUITES ${suites})
  add_test(NAME ${name} COMMAND ${program} "--gtest_filter=${filter}")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 600)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT}
    ENVIRONMENT "OMP_NUM_THREADS=1;OPENCV_FOR_THREADS_NUM=1;${arg_ENVIRONMENT}")
endfunction()
