// cv::Mat for public headers: there where OpenCV's headers are found, and nobody needs them for the rest.
#pragma once

#if __has_include(<opencv2/core/mat.hpp>)
#include <opencv2/core/mat.hpp>
#define MULTIPOLE_HAS_MAT
#endif
