# `cmake --install`: the command, the libraries, headers, models, pages, and a CMake and a pkg-config package. The installed
# tree may be moved as a whole (docs/install.md). Nothing in it knows where it was built but one symbolic link to LibTorch,
# lib/multipole/libtorch, which packages leave out.
include(CMakePackageConfigHelpers)
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME multipole)
set(staged "${PROJECT_BINARY_DIR}/install")
set(shared "${PROJECT_SOURCE_DIR}/tools/install")

# All rooms below the command in one shared library: who links it needs neither their order nor the libraries of the
# picture formats. It is made of the archives' objects, all of them; the archives are linked for what they are linked to.
get_property(rooms GLOBAL PROPERTY MULTIPOLE_LIBRARIES)
list(FILTER rooms EXCLUDE REGEX "^multipole_apps_")
add_library(multipole_library SHARED)
foreach(room IN LISTS rooms)
  target_sources(multipole_library PRIVATE $<TARGET_OBJECTS:${room}>)
endforeach()
set_target_properties(multipole_library PROPERTIES OUTPUT_NAME multipole LINKER_LANGUAGE CXX
  SOVERSION "${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}")  # no stable interface before 1.0
target_link_libraries(multipole_library PRIVATE ${rooms})

# Copies what a target builds, and sets where the copy looks for libraries. (install(TARGETS) does so, too, but then leaves
# an empty place in the program of the build folder, which is whatever folder one stands in.)
function(multipole_install_binary target folder run_path)
  install(PROGRAMS "$<TARGET_FILE:${target}>" DESTINATION "${folder}")
  string(REPLACE "$" "\\$" run_path "${run_path}")
  install(CODE "
    set(file \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${folder}/$<TARGET_FILE_NAME:${target}>\")
    file(RPATH_SET FILE \"\${file}\" NEW_RPATH \"${run_path}\")
    if(CMAKE_INSTALL_DO_STRIP)
      execute_process(COMMAND \"${CMAKE_STRIP}\" \"\${file}\" COMMAND_ERROR_IS_FATAL ANY)
    endif()")
endfunction()

# LibTorch is looked for in lib/multipole/libtorch; the command proper stands beside that link, behind a script that looks
# further and explains.
multipole_install_binary(multipole_ops lib "$ORIGIN:$ORIGIN/multipole/libtorch/lib")
multipole_install_binary(multipole_library lib "$ORIGIN:$ORIGIN/multipole/libtorch/lib")
install(FILES "$<TARGET_LINKER_FILE:multipole_library>" DESTINATION lib)  # libmultipole.so, a link
multipole_install_binary(multipole lib/multipole "$ORIGIN/..:$ORIGIN/libtorch/lib")
configure_file("${shared}/multipole.sh.in" "${staged}/multipole" @ONLY)
install(PROGRAMS "${staged}/multipole" DESTINATION bin)
if(EXISTS "${MULTIPOLE_TORCH_ROOT}/lib/libtorch_cpu.so")
  install(CODE "
    set(link \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/lib/multipole/libtorch\")
    if(IS_SYMLINK \"\${link}\")
      file(REMOVE \"\${link}\")
    endif()
    if(NOT EXISTS \"\${link}\")
      message(STATUS \"LibTorch: \${link} -> ${MULTIPOLE_TORCH_ROOT}\")
      file(CREATE_LINK \"${MULTIPOLE_TORCH_ROOT}\" \"\${link}\" SYMBOLIC)
    endif()" COMPONENT libtorch)
endif()

# Headers in the tree of the rooms, below multipole/ and including each other so.
set(header_folders base backbone datasets heads engine tasks)
set(forwarded "")
set(opencv_flags "-isystem ${MULTIPOLE_OPENCV_INCLUDE}")
set(opencv_libraries "${MULTIPOLE_OPENCV_IMGPROC} ${MULTIPOLE_OPENCV_CORE}")
if(MULTIPOLE_WITH_CODECS)
  set(forwarded classifier:tasks/classification/prediction/classifier.h embedder:tasks/embedding/embedder.h
    segmenter:tasks/segmentation/prediction/segmenter.h)
endif()
install(CODE "
  set(source \"${PROJECT_SOURCE_DIR}\")
  set(folders \"${header_folders}\")
  set(forwarded \"${forwarded}\")
  set(staged \"${staged}/include\")
  include(\"${shared}/stage_headers.cmake\")")
install(DIRECTORY "${staged}/include/" DESTINATION include)

configure_package_config_file("${shared}/MultipoleConfig.cmake.in" "${staged}/MultipoleConfig.cmake"
  INSTALL_DESTINATION lib/cmake/Multipole NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file("${staged}/MultipoleConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
configure_file("${shared}/multipole.pc.in" "${staged}/multipole.pc" @ONLY)
install(FILES "${staged}/MultipoleConfig.cmake" "${staged}/MultipoleConfigVersion.cmake"
  "${PROJECT_SOURCE_DIR}/tools/cmake/MultipoleOpenCV.cmake" "${PROJECT_SOURCE_DIR}/tools/cmake/MultipoleTorch.cmake"
  DESTINATION lib/cmake/Multipole)
install(FILES "${staged}/multipole.pc" DESTINATION lib/pkgconfig)

install(DIRECTORY "${PROJECT_SOURCE_DIR}/models" DESTINATION share/multipole FILES_MATCHING PATTERN "*.safetensors")
if(EXISTS "${MULTIPOLE_LEAFLET_FOLDER}/leaflet.min.js")
  install(FILES "${MULTIPOLE_LEAFLET_FOLDER}/leaflet.min.js" "${MULTIPOLE_LEAFLET_FOLDER}/leaflet.css"
    DESTINATION share/multipole/leaflet)
  install(FILES "${MULTIPOLE_LEAFLET_COPYRIGHT}" DESTINATION share/multipole/leaflet OPTIONAL)
endif()
install(PROGRAMS "${PROJECT_SOURCE_DIR}/tools/setup/install_torch.sh" DESTINATION share/multipole)
install(FILES "${PROJECT_SOURCE_DIR}/README.md" "${PROJECT_SOURCE_DIR}/CHANGELOG.md" DESTINATION share/doc/multipole)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/docs" "${PROJECT_SOURCE_DIR}/examples" DESTINATION share/doc/multipole)
