#include "datasets/segmentation/census.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <locale>
#include <mutex>
#include <numeric>
#include <sstream>
#include <thread>

#include "base/error.h"
#include "datasets/masks/label_map.h"

namespace multipole {

namespace {

using Histogram = std::array<int64_t, 256>;

Histogram histogram_of(const torch::Tensor& mask) {
  Histogram counts = {};
  const torch::Tensor dense = mask.contiguous();
  const auto* const labels = dense.data_ptr<uint8_t>();
  for (int64_t i = 0; i < dense.numel(); ++i) ++counts[labels[i]];
  return counts;
}

void add_sample(SegmentationCensus& census, const Sample& sample, const Histogram& counts) {
  ++census.samples;
  ++census.sizes[{sample.image.size(0), sample.image.size(1)}];
  for (size_t label = 0; label < census.class_pixels.size(); ++label) {
    census.class_pixels[label] += counts[label];
    census.class_samples[label] += counts[label] > 0;
  }
  census.ignored_pixels += counts[kIgnoredLabel];
  census.nodata_pixels += sample.nodata_pixels;
}

std::string absent_line(const std::vector<std::string>& absent) {
  std::string list;
  for (const auto& name : absent) list += (list.empty() ? "'" : ", '") + name + "'";
  return "warning: no pixel of " + list + " in these masks: is the list of classes theirs, or is one of their values " +
         "read for another (--ignore-index, --color-map)?";
}

std::string percent(int64_t part, int64_t whole) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out.setf(std::ios::fixed);
  out.precision(2);
  out << (whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole)) << "%";
  return out.str();
}

}  // namespace

int64_t SegmentationCensus::labelled_pixels() const {
  return std::accumulate(class_pixels.begin(), class_pixels.end(), int64_t{0});
}

std::vector<int64_t> SegmentationCensus::present_classes() const {
  std::vector<int64_t> present;
  for (size_t label = 0; label < class_pixels.size(); ++label) {
    if (class_pixels[label] > 0) present.push_back(static_cast<int64_t>(label));
  }
  return present;
}

std::vector<std::string> SegmentationCensus::absent_classes(const std::vector<std::string>& class_names) const {
  std::vector<std::string> absent;
  for (size_t label = 0; label < class_pixels.size(); ++label) {
    if (class_pixels[label] == 0) absent.push_back(class_names.at(label));
  }
  return absent;
}

std::vector<std::string> SegmentationCensus::report(const std::vector<std::string>& class_names,
                                                    size_t max_bad_lines) const {
  const int64_t labelled = labelled_pixels();
  std::string size_list;
  for (const auto& [size, count] : sizes) {
    if (sizes.size() > 3) break;
    size_list +=
        ", " + std::to_string(count) + " of " + std::to_string(size.second) + " x " + std::to_string(size.first);
  }
  if (sizes.size() > 3) size_list = ", " + std::to_string(sizes.size()) + " different sizes";
  std::vector<std::string> lines = {
      std::to_string(samples) + (samples == 1 ? " picture with its mask" : " pictures with masks") + size_list + "; " +
      percent(ignored_pixels, labelled + ignored_pixels) + " of the pixels ignored"};
  if (nodata_pixels > 0) {
    lines.back() += ", " + percent(nodata_pixels, labelled + ignored_pixels) + " since the pictures hold no data there";
  }
  size_t width = 0;
  for (const auto& name : class_names) width = std::max(width, name.size());
  for (size_t i = 0; i < class_pixels.size(); ++i) {
    std::string name = class_names.at(i);
    name.resize(width, ' ');
    lines.push_back("  " + name + "  " + percent(class_pixels[i], labelled) + " of the pixels, in " +
                    std::to_string(class_samples[i]) + (class_samples[i] == 1 ? " picture" : " pictures"));
  }
  const auto absent = absent_classes(class_names);
  if (samples > 0 && !absent.empty()) lines.push_back(absent_line(absent));
  for (const auto& line : notes.lines()) lines.push_back(line);
  for (size_t i = 0; i < std::min(bad.size(), max_bad_lines); ++i) lines.push_back("bad: " + bad[i].reason);
  if (bad.size() > max_bad_lines) lines.push_back("and " + std::to_string(bad.size() - max_bad_lines) + " more");
  return lines;
}

SegmentationCensus take_census(const Dataset& data, int64_t num_classes, int64_t workers) {
  SegmentationCensus census;
  census.class_pixels.resize(num_classes);
  census.class_samples.resize(num_classes);
  std::atomic<int64_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&] {
    for (int64_t i = next++; i < data.size(); i = next++) {
      try {
        const Sample sample = data.get(i);
        const Histogram counts = histogram_of(sample.mask);
        const std::lock_guard lock(mutex);
        add_sample(census, sample, counts);
        census.notes.add(i, sample);
      } catch (const InputError& error) {
        const std::lock_guard lock(mutex);
        census.bad.push_back({i, data.path(i), error.what()});
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
        next = data.size();
      }
    }
  };
  std::vector<std::thread> threads;
  for (int64_t i = 0; i < workers; ++i) threads.emplace_back(work);
  if (threads.empty()) work();
  for (auto& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
  std::sort(census.bad.begin(), census.bad.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
  return census;
}

}  // namespace multipole
