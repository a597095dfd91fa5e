#include "engine/training/data_loading.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "datasets/loading/cached_dataset.h"

namespace multipole {

void ContentHash::add(const std::string& text) {
  for (const unsigned char byte : text) mix(byte);
  mix(0);
}

std::string ContentHash::hex() const {
  std::array<char, 17> text = {};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(hash_));
  return text.data();
}

SourceOptions source_options(const DataConfig& config) {
  SourceOptions options;
  options.decode.allow_truncated = config.allow_truncated;
  options.decode.max_pixels = config.max_pixels;
  options.decode.bands.chosen = config.bands;
  options.root = config.root;
  return options;
}

std::shared_ptr<const Dataset> with_cache(std::shared_ptr<const Dataset> source, double gib) {
  const auto bytes = static_cast<int64_t>(gib * 1024 * 1024 * 1024);
  return bytes > 0 ? std::make_shared<CachedDataset>(std::move(source), bytes) : source;
}

void limit_bad_pictures(LoaderOptions& options, const TrainConfig& config) {
  options.max_bad = config.max_bad;
  options.max_bad_name = "train.max_bad";
  options.bad_advice = "'multipole data check' lists them all";
}

std::string class_counts_text(const std::vector<std::string>& class_names, const std::vector<int64_t>& occurrences) {
  constexpr size_t kNamed = 8;
  std::vector<int64_t> counts(class_names.size());
  for (const int64_t place : occurrences) ++counts.at(static_cast<size_t>(place));
  std::string text = "classes:";
  for (size_t i = 0; i < std::min(counts.size(), kNamed); ++i) {
    text += (i == 0 ? " " : ", ") + class_names[i] + " (" + std::to_string(counts[i]) + (i == 0 ? " pictures)" : ")");
  }
  if (counts.size() <= kNamed) return text;
  const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
  return text + " and " + std::to_string(counts.size() - kNamed) + " more, from " + std::to_string(*least) + " to " +
         std::to_string(*most) + " pictures a class";
}

}  // namespace multipole
