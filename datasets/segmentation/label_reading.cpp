#include "datasets/segmentation/label_reading.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/lower_case.h"
#include "datasets/ground/mask_windows.h"
#include "datasets/layouts/mask_folder.h"
#include "datasets/masks/mask_decode.h"
#include "datasets/vector/georeference.h"

namespace multipole {

LabelReading::LabelReading(const SegmentationListing& listing, const MaskOptions& masks, const DecodeOptions& decode)
    : decode_(decode), options_(masks) {
  SegmentationListing stored = listing;
  std::erase_if(stored.pairs, [](const PictureAndMask& pair) { return has_polygon_extension(pair.mask); });
  if (!stored.pairs.empty()) take_masks(stored, masks);
  if (stored.pairs.size() < listing.pairs.size()) take_polygons(listing);
}

void LabelReading::take_masks(const SegmentationListing& listing, const MaskOptions& masks) {
  MaskMeaning meaning = find_mask_meaning(listing, masks, decode_);
  options_ = std::move(meaning.options);
  note_ = std::move(meaning.note);
  labels_ = std::make_unique<LabelMap>(std::move(meaning.labels));
}

void LabelReading::take_polygons(const SegmentationListing& listing) {
  std::vector<NamedPolygonFile> files;
  std::vector<std::filesystem::path> paths;
  for (const auto& pair : listing.pairs) {
    if (!has_polygon_extension(pair.mask)) continue;
    files.push_back({pair.mask.string(), read_polygon_file(pair.mask, options_.class_property)});
    paths.push_back(pair.mask);
  }
  const auto& known = listing.class_names.empty() ? options_.class_names : listing.class_names;
  const PolygonClasses classes = polygon_classes(files, known, options_.outside);
  options_.class_names = classes.names;
  outside_ = classes.outside;
  note_ += (note_.empty() ? "" : "; ") + classes.note;
  for (size_t i = 0; i < files.size(); ++i) {
    auto labels = classes.labels_of(files[i]);
    polygons_.emplace(paths[i], Drawn{std::move(files[i].file), std::move(labels)});
  }
}

std::unique_ptr<PlacedPolygons> LabelReading::draw(const std::filesystem::path& mask,
                                                   const RasterPlace& picture) const {
  const Drawn& drawn = polygons_.at(mask);
  return std::make_unique<PlacedPolygons>(drawn.file, mask.string(), drawn.labels, outside_, picture);
}

std::unique_ptr<LabelWindows> LabelReading::windows(const std::filesystem::path& mask) const {
  return std::make_unique<MaskWindows>(mask, *labels_, form(), decode_);
}

LabelPart LabelReading::read_whole(const std::filesystem::path& mask) const {
  const StoredMask stored = read_mask(mask, decode_, form());
  return {labels_->apply(stored, mask.string()), stored.notes};
}

void check_same_ground(const std::filesystem::path& image, const std::filesystem::path& mask) {
  if (!lower_case(mask.extension().string()).starts_with(".tif")) return;
  constexpr double kPixelShare = 0.01;
  const auto ground = [](const std::filesystem::path& path) { return place_of(path.string(), 0, 0).georeference; };
  const auto of_image = ground(image), of_mask = ground(mask);
  if (!of_image || !of_mask) return;
  const auto refuse = [&](const std::string& what) {
    throw InputError(mask.string() + ": the mask's " + what + ", though it has as many pixels as its picture " +
                     image.string() + ": they show different ground");
  };
  if (of_image->epsg != 0 && of_mask->epsg != 0 && of_image->epsg != of_mask->epsg) {
    refuse("coordinate system is EPSG:" + std::to_string(of_mask->epsg) +
           ", and not EPSG:" + std::to_string(of_image->epsg));
  }
  const double pixel = std::sqrt(std::abs(of_image->determinant()));
  // three corners tell an affine transformation; a few thousand pixels from the first one a slip in the size shows
  for (const auto& [column, row] : {std::pair{0.0, 0.0}, {1000.0, 0.0}, {0.0, 1000.0}}) {
    const auto here = of_image->place(column, row), there = of_mask->place(column, row);
    if (std::hypot(here[0] - there[0], here[1] - there[1]) <= kPixelShare * pixel) continue;
    refuse("pixel at column " + std::to_string(static_cast<int64_t>(column)) + ", row " +
           std::to_string(static_cast<int64_t>(row)) + " lies at (" + std::to_string(there[0]) + ", " +
           std::to_string(there[1]) + "), and not at (" + std::to_string(here[0]) + ", " + std::to_string(here[1]) +
           ")");
  }
}

}  // namespace multipole
