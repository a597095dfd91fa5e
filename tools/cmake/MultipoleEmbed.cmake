# Compiles text files into a target, so that a program needs nothing beside it at run time:
#   multipole_embed_json(TARGET target FUNCTION fn FILES a.json b.json ...)
#   multipole_embed_text(TARGET target FUNCTION fn FILES index.html style.css ...)
# give the target's sources "embedded/fn.h" with two functions of namespace multipole::embedded:
#   std::string_view fn(std::string_view name);   // the text of the file, empty for an unknown name
#   std::vector<std::string> fn_names();          // the names, in the order of FILES
# A JSON file goes by its stem, any other by its whole name.
function(multipole_embed_json)
  multipole_embed_files(NAMED_BY NAME_WE ${ARGN})
endfunction()

function(multipole_embed_text)
  multipole_embed_files(NAMED_BY NAME ${ARGN})
endfunction()

function(multipole_embed_files)
  cmake_parse_arguments(arg "" "NAMED_BY;TARGET;FUNCTION" "FILES" ${ARGN})
  set(entries "")
  foreach(file IN LISTS arg_FILES)
    get_filename_component(path "${file}" ABSOLUTE)
    get_filename_component(name "${file}" ${arg_NAMED_BY})
    file(READ "${path}" text)
    string(APPEND entries "    {\"${name}\", R\"embedded(${text})embedded\"},\n")
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

std::string_view @arg_FUNCTION@(std::string_view name);
std::vector<std::string> @arg_FUNCTION@_names();

}  // namespace multipole::embedded
]])
  file(CONFIGURE OUTPUT "${folder}/${arg_FUNCTION}.cpp" @ONLY CONTENT [[
#include "embedded/@arg_FUNCTION@.h"

namespace multipole::embedded {
namespace {

struct File {
  std::string_view name, text;
};

constexpr File kFiles[] = {
@entries@};

}  // namespace

std::string_view @arg_FUNCTION@(std::string_view name) {
  for (const auto& file : kFiles) {
    if (file.name == name) return file.text;
  }
  return {};
}

std::vector<std::string> @arg_FUNCTION@_names() {
  std::vector<std::string> names;
  for (const auto& file : kFiles) names.emplace_back(file.name);
  return names;
}

}  // namespace multipole::embedded
]])
  target_sources(${arg_TARGET} PRIVATE "${folder}/${arg_FUNCTION}.cpp")
  # two of these in one unity source would define the same names
  set_source_files_properties("${folder}/${arg_FUNCTION}.cpp" TARGET_DIRECTORY ${arg_TARGET} PROPERTIES
    SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
