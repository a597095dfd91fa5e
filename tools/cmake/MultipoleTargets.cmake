# Helpers that give every target of the project the same flags, the shared precompiled header and the same rpath.

# Precompiled torch headers, shared by all targets. <torch/torch.h> itself is left out on purpose: its pending template
# instantiations would be compiled again in every file (13 s each, measured; 3 s with the headers below).
set(MULTIPOLE_PRECOMPILED_HEADERS <torch/types.h> <torch/nn/module.h> <torch/nn/pimpl.h> <nlohmann/json.hpp>
  <algorithm> <cstdint> <filesystem> <memory> <optional> <string> <vector>)

function(multipole_create_precompiled_header)
  file(WRITE "${PROJECT_BINARY_DIR}/generated/precompiled_header.cpp" "// carries the precompiled header\n")
  add_library(multipole_pch STATIC "${PROJECT_BINARY_DIR}/generated/precompiled_header.cpp")
  target_link_libraries(multipole_pch PUBLIC multipole_flags multipole::torch)
  target_precompile_headers(multipole_pch PRIVATE ${MULTIPOLE_PRECOMPILED_HEADERS})
endfunction()

# Loading the precompiled header costs 3.5 s a file, also where nothing of it is used: these sources do without.
function(multipole_skip_precompiled_header target)
  set_source_files_properties(${ARGN} TARGET_DIRECTORY ${target} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
endfunction()

# A library of the project: multipole_add_library(NAME SOURCES ... [PLAIN ...] LINK ... [NO_TORCH] [ALSO_PRECOMPILED <header>])
# PLAIN: sources that include nothing of torch; NO_TORCH: none does; ALSO_PRECOMPILED: a library whose sources share one
# more expensive header has a precompiled header of its own.
function(multipole_add_library name)
  cmake_parse_arguments(arg "NO_TORCH" "ALSO_PRECOMPILED" "SOURCES;PLAIN;LINK" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES} ${arg_PLAIN})
  if(arg_PLAIN)
    multipole_skip_precompiled_header(${name} ${arg_PLAIN})
  endif()
  target_link_libraries(${name} PUBLIC multipole_flags ${arg_LINK})
  if(NOT arg_NO_TORCH)
    target_link_libraries(${name} PUBLIC multipole::torch)
    if(arg_ALSO_PRECOMPILED)
      target_precompile_headers(${name} PRIVATE ${MULTIPOLE_PRECOMPILED_HEADERS} ${arg_ALSO_PRECOMPILED})
    else()
      target_precompile_headers(${name} REUSE_FROM multipole_pch)
    endif()
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
    target_precompile_headers(${program} REUSE_FROM multipole_pch)
    target_link_libraries(${program} PRIVATE multipole::torch)
  endif()
  target_sources(${program} PRIVATE "${source}")
  target_link_libraries(${program} PRIVATE ${arg_LINK})
  if(arg_DEPENDS)
    add_dependencies(${program} ${arg_DEPENDS})
  endif()
  multipole_suites_of("${CMAKE_CURRENT_SOURCE_DIR}/${source}" filter)
  add_test(NAME ${name} COMMAND ${program} "--gtest_filter=${filter}")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 600)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT}
    ENVIRONMENT "OMP_NUM_THREADS=1;${arg_ENVIRONMENT}")
endfunction()
