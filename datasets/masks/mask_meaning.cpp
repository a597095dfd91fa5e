#include "datasets/masks/mask_meaning.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "datasets/masks/mask_values.h"

namespace multipole {

namespace {

constexpr int64_t kMasksToShow = 200;  // enough to say what kind of masks they are
constexpr size_t kFewValues = 16;
const std::set<int64_t> kBits = {0, 1}, kBlackAndWhite = {0, 255};

void check_options(const MaskOptions& options) {
  if (options.color_map.empty()) return;
  if (options.ignore_index || !options.ignored_values.empty() || options.reduce_zero_label.value_or(false)) {
    throw ConfigError(options.color_map.source +
                      ": a colour map says what every pixel means; data.ignore_index, data.ignored_values and "
                      "data.reduce_zero_label have no say beside it (the name 'ignore' leaves a colour out)");
  }
}

// Without those that are ignored in any case.
std::set<int64_t> meaningful(const MaskValues& seen, const MaskOptions& options) {
  std::set<int64_t> values = seen.values;
  for (const int64_t value : options.ignored_values) values.erase(value);
  if (options.ignore_index) values.erase(*options.ignore_index);
  return values;
}

bool is_within(const std::set<int64_t>& values, const std::set<int64_t>& others) {
  return std::includes(others.begin(), others.end(), values.begin(), values.end());
}

[[noreturn]] void refuse_without_classes(const SegmentationListing& listing, const DecodeOptions& decode) {
  const auto seen =
      look_at_masks(listing.pairs, decode, [](const MaskValues& values) { return values.num_masks == kMasksToShow; });
  std::string found = seen.values.empty() ? "" : "the values " + seen.text();
  if (seen.has_colors) found += std::string(found.empty() ? "" : " and ") + "colours, which need data.color_map";
  if (found.empty()) found = "nothing that could be read";
  if (seen.values.size() > kFewValues && seen.values.contains(0) && seen.values.contains(255)) {
    found += ", as black and white do with soft edges or after a JPEG: save them with hard edges, as PNG or TIFF";
  }
  throw ConfigError("there is no " + listing.class_list.string() +
                    ": make it, a text file with a class's name a line; " +
                    "the first line names the value 0, the second 1, and so on. The masks hold " + found + " (" +
                    std::to_string(seen.num_masks) + " of " + std::to_string(listing.pairs.size()) +
                    " looked at; 255 is ignored). Masks of 0 and 255 alone, or of 0 and 1, need no list");
}

// The values, looked at until they are no longer those of two classes.
std::set<int64_t> look_for_two(const SegmentationListing& listing, const MaskOptions& options,
                               const DecodeOptions& decode) {
  const auto is_enough = [&](const MaskValues& seen) {
    const auto values = meaningful(seen, options);
    return seen.has_colors || !(is_within(values, kBits) || is_within(values, kBlackAndWhite));
  };
  const auto seen = look_at_masks(listing.pairs, decode, is_enough);
  return seen.has_colors ? std::set<int64_t>() : meaningful(seen, options);
}

// Settles what `found` leaves open by looking at the masks; returns what was found out, for people.
std::string find_out(const SegmentationListing& listing, const DecodeOptions& decode, MaskOptions& found) {
  const bool has_list = !found.class_names.empty();
  const bool reduces_zero = found.reduce_zero_label.value_or(listing.reduce_zero_label);
  const bool is_open = !found.ignore_index && !reduces_zero && listing.label_of_value.empty();
  std::string note;
  if (!has_list || (is_open && found.class_names.size() == 2)) {
    const auto values = look_for_two(listing, found, decode);
    if (!has_list) {
      if (reduces_zero || (values != kBits && values != kBlackAndWhite)) refuse_without_classes(listing, decode);
      found.class_names = {"background", "foreground"};
      note = "no " + listing.class_list.filename().string() + ": the classes are 'background' and 'foreground'; ";
    }
    if (values == kBlackAndWhite) {
      found.ignore_index = found.ignore_index.value_or(kNoIgnoreIndex);
      note += "the masks hold 0 and 255: 255 is taken for '" + found.class_names.back() +
              "' (--ignore-index 255, or data.ignore_index=255, ignores it instead)";
    } else if (!has_list) {
      note += "the masks hold 0 and 1";
    }
  }
  found.ignore_index = found.ignore_index.value_or(kIgnoredLabel);
  return note;
}

LabelMap label_map_of(const SegmentationListing& listing, const MaskOptions& found) {
  const int64_t ignore_index = found.ignore_index.value_or(kIgnoredLabel);
  LabelMap labels(static_cast<int64_t>(found.class_names.size()),
                  found.reduce_zero_label.value_or(listing.reduce_zero_label), ignore_index);
  for (const auto& [stored, label] : listing.label_of_value) labels.set_value(stored, label);
  for (const int64_t stored : found.ignored_values) labels.set_value(stored, kIgnoredLabel);
  if (ignore_index != kNoIgnoreIndex) labels.set_value(ignore_index, kIgnoredLabel);  // whatever the layout makes of it
  apply_color_map(found.color_map, found.class_names, labels);
  return labels;
}

}  // namespace

MaskMeaning find_mask_meaning(const SegmentationListing& listing, const MaskOptions& options,
                              const DecodeOptions& decode) {
  check_options(options);
  MaskOptions found = options;
  if (!listing.class_names.empty()) found.class_names = listing.class_names;
  if (found.class_names.empty()) found.class_names = color_map_classes(options.color_map);
  std::string note;
  if (found.color_map.empty()) note = find_out(listing, decode, found);
  LabelMap labels = label_map_of(listing, found);
  return {std::move(labels), std::move(found), std::move(note)};
}

}  // namespace multipole
