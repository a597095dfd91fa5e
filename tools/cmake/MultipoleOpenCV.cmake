# Finds two modules of OpenCV, core and imgproc, as multipole::opencv. Pictures are decoded by the libraries of their
# formats, never by OpenCV's imgcodecs. Debian's packages of single modules carry no package file (that one comes with
# libopencv-dev, which is all of OpenCV), so headers and libraries are looked for by name; CMAKE_PREFIX_PATH counts.
find_path(MULTIPOLE_OPENCV_INCLUDE opencv2/imgproc.hpp PATH_SUFFIXES opencv4)
find_library(MULTIPOLE_OPENCV_CORE opencv_core)
find_library(MULTIPOLE_OPENCV_IMGPROC opencv_imgproc)
mark_as_advanced(MULTIPOLE_OPENCV_INCLUDE MULTIPOLE_OPENCV_CORE MULTIPOLE_OPENCV_IMGPROC)
if(NOT MULTIPOLE_OPENCV_INCLUDE OR NOT MULTIPOLE_OPENCV_CORE OR NOT MULTIPOLE_OPENCV_IMGPROC)
  message(FATAL_ERROR "OpenCV's core and imgproc not found: install libopencv-core-dev and libopencv-imgproc-dev, or "
    "name the folder that they are installed in with -DCMAKE_PREFIX_PATH=/path.")
endif()

add_library(multipole_opencv INTERFACE)
# system headers: in C++20 they warn of arithmetic between enumerations
target_include_directories(multipole_opencv SYSTEM INTERFACE "${MULTIPOLE_OPENCV_INCLUDE}")
target_link_libraries(multipole_opencv INTERFACE "${MULTIPOLE_OPENCV_IMGPROC}" "${MULTIPOLE_OPENCV_CORE}")
add_library(multipole::opencv ALIAS multipole_opencv)
