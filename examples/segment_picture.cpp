// Says how much of a picture each class covers and paints its map as a PPM: segment_picture MODEL PICTURE MAP.ppm
#include <multipole/datasets/pictures/mat_picture.h>
#include <multipole/segmenter.h>

#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <opencv2/core.hpp>

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: segment_picture MODEL PICTURE MAP.ppm\n";
    return 2;
  }
  try {
    const multipole::Segmenter segmenter(argv[1]);
    const auto found = segmenter.predict(std::filesystem::path(argv[2]));
    const cv::Mat classes = multipole::mat_of(found.classes);
    cv::Mat painted(classes.size(), CV_8UC3);
    for (size_t i = 0; i < segmenter.classes().size(); ++i) {
      const auto& color = segmenter.palette()[i];
      const cv::Mat mask = classes == static_cast<double>(i);
      painted.setTo(cv::Scalar(color[0], color[1], color[2]), mask);
      std::cout << segmenter.classes()[i] << " " << 100.0 * cv::countNonZero(mask) / mask.total() << "%\n";
    }
    std::ofstream file(argv[3], std::ios::binary);
    file << "P6\n" << painted.cols << " " << painted.rows << "\n255\n";
    file.write(painted.ptr<char>(), static_cast<std::streamsize>(painted.total() * painted.elemSize()));
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
