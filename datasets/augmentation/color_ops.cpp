#include "datasets/augmentation/color_ops.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "datasets/pictures/mat_view.h"

namespace multipole {

namespace {

// Replaces each value by function(value).
template <class Function>
void apply_table(cv::Mat values, Function function) {
  cv::Mat1b table(1, 256);
  for (int value = 0; value < 256; ++value) table(value) = static_cast<uint8_t>(function(value));
  cv::LUT(values, table, values);
}

template <class Function>
void for_each_channel(torch::Tensor& image, Function function) {
  std::vector<cv::Mat> channels;
  cv::split(mat_view(image), channels);
  for (auto& channel : channels) function(channel);
  cv::merge(channels, mat_view(image));
}

}  // namespace

void adjust_brightness(torch::Tensor& image, double factor) {
  cv::Mat picture = mat_view(image);
  picture.convertTo(picture, CV_8U, factor);
}

void adjust_contrast(torch::Tensor& image, double factor) {
  cv::Mat picture = mat_view(image), gray;
  cv::cvtColor(picture, gray, cv::COLOR_RGB2GRAY);
  picture.convertTo(picture, CV_8U, factor, (1.0 - factor) * std::round(cv::mean(gray)[0]));
}

void adjust_saturation(torch::Tensor& image, double factor) {
  const cv::Mat picture = mat_view(image);
  const cv::Matx33d luma(0.299, 0.587, 0.114, 0.299, 0.587, 0.114, 0.299, 0.587, 0.114);  // Rec. 601
  cv::transform(picture, picture, luma * (1.0 - factor) + cv::Matx33d::eye() * factor);
}

// Towards Pillow's SMOOTH filter: 3 x 3, centre 5 and neighbours 1, over 13; the border is left as it is.
void adjust_sharpness(torch::Tensor& image, double factor) {
  if (image.size(0) < 3 || image.size(1) < 3) return;
  const cv::Mat picture = mat_view(image);
  const cv::Mat inner = picture(cv::Rect(1, 1, picture.cols - 2, picture.rows - 2));
  cv::Matx33d kernel = cv::Matx33d::all((1.0 - factor) / 13.0);
  kernel(1, 1) = 5.0 * kernel(1, 1) + factor;
  cv::Mat sharpened;
  cv::filter2D(inner, sharpened, CV_8U, kernel);  // reads the border around `inner`
  sharpened.copyTo(inner);
}

void adjust_hue(torch::Tensor& image, double turn) {
  cv::Mat picture = mat_view(image), hsv;
  picture.convertTo(hsv, CV_32F, 1.0 / 255.0);  // bytes of hue would be 1.4 degrees apart
  cv::cvtColor(hsv, hsv, cv::COLOR_RGB2HSV);
  hsv += cv::Scalar(360.0 * (turn < 0.0 ? turn + 1.0 : turn), 0.0, 0.0);  // what follows takes no negative hue
  cv::cvtColor(hsv, hsv, cv::COLOR_HSV2RGB);
  hsv.convertTo(picture, CV_8U, 255.0);
}

void auto_contrast(torch::Tensor& image) {
  for_each_channel(image, [](cv::Mat& channel) {
    double low = 0.0, high = 0.0;
    cv::minMaxIdx(channel, &low, &high);
    if (high > low) channel.convertTo(channel, CV_8U, 255.0 / (high - low), -255.0 * low / (high - low));
  });
}

// Pillow's steps of equal counts; cv::equalizeHist spreads the values otherwise.
void equalize(torch::Tensor& image) {
  for_each_channel(image, [](cv::Mat& channel) {
    std::array<int64_t, 256> counts{};
    std::for_each(channel.datastart, channel.dataend, [&](uint8_t value) { ++counts[value]; });
    const auto last = std::find_if(counts.rbegin(), counts.rend(), [](int64_t count) { return count > 0; });
    const int64_t step = (static_cast<int64_t>(channel.total()) - (last == counts.rend() ? 0 : *last)) / 255;
    if (step == 0) return;  // one value only, or too few pixels to spread
    int64_t below = step / 2;
    apply_table(channel, [&](int value) {
      const int64_t level = std::min<int64_t>(below / step, 255);
      below += counts[value];
      return level;
    });
  });
}

void invert(torch::Tensor& image) { cv::bitwise_not(mat_view(image), mat_view(image)); }

void posterize(torch::Tensor& image, int bits) {
  const int mask = bits >= 8 ? 255 : 255 & ~((1 << (8 - std::max(bits, 0))) - 1);
  cv::bitwise_and(mat_view(image), cv::Scalar::all(mask), mat_view(image));
}

void solarize(torch::Tensor& image, int threshold) {
  apply_table(mat_view(image), [threshold](int value) { return value < threshold ? value : 255 - value; });
}

void solarize_add(torch::Tensor& image, int amount) {
  apply_table(mat_view(image), [amount](int value) { return value < 128 ? std::min(255, value + amount) : value; });
}

}  // namespace multipole
