# Compiles JSON files into a target, so that a program needs nothing beside it at run time:
#   multipole_embed_json(TARGET name FUNCTION fn FILES a.json b.json ...)
# gives the target's sources "embedded/fn.h" with two functions of namespace multipole::embedded:
#   std::string_view fn(std::string_view stem);   // the text of stem.json, empty for an unknown stem
#   std::vector<std::string> fn_names();          // the stems, in the order of FILES
function(multipole_embed_json)
  cmake_parse_arguments(arg "" "TARGET;FUNCTION" "FILES" ${ARGN})
  set(entries "")
  foreach(file IN LISTS arg_FILES)
    get_filename_component(path "${file}" ABSOLUTE)
    get_filename_component(stem "${file}" NAME_WE)
    file(READ "${path}" text)
    string(APPEND entries "    {\"${stem}\", R\"embedded(${text})embedded\"},\n")
    # editing a file runs CMake again, which writes the source anew
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${path}")
  endforeach()
  set(folder "${PROJECT_BINARY_DIR}/generated/embedded")
  file(CONFIGURE OUTPUT "${folder}/${arg_FUNCTION}.h" @ONLY CONTENT [[
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace multipole::embedded {

std::string_view @arg_FUNCTION@(std::string_view stem);
std::vector<std::string> @arg_FUNCTION@_names();

}  // namespace multipole::embedded
]])
  file(CONFIGURE OUTPUT "${folder}/${arg_FUNCTION}.cpp" @ONLY CONTENT [[
#include "embedded/@arg_FUNCTION@.h"

namespace multipole::embedded {
namespace {

struct File {
  std::string_view stem, text;
};

constexpr File kFiles[] = {
@entries@};

}  // namespace

std::string_view @arg_FUNCTION@(std::string_view stem) {
  for (const auto& file : kFiles) {
    if (file.stem == stem) return file.text;
  }
  return {};
}

std::vector<std::string> @arg_FUNCTION@_names() {
  std::vector<std::string> names;
  for (const auto& file : kFiles) names.emplace_back(file.stem);
  return names;
}

}  // namespace multipole::embedded
]])
  target_sources(${arg_TARGET} PRIVATE "${folder}/${arg_FUNCTION}.cpp")
  # two of these in one unity source would define the same names
  set_source_files_properties("${folder}/${arg_FUNCTION}.cpp" TARGET_DIRECTORY ${arg_TARGET} PROPERTIES
    SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
