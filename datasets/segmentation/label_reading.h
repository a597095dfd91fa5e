// How the masks of a listing are read: files of ids or colours, and polygons, which are drawn.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "datasets/codecs/image_decode.h"
#include "datasets/ground/label_windows.h"
#include "datasets/ground/placed_polygons.h"
#include "datasets/ground/polygon_classes.h"
#include "datasets/layouts/layout.h"
#include "datasets/masks/mask_meaning.h"

namespace multipole {

class LabelReading {
 public:
  // Reads all files of polygons, and looks at masks as find_mask_meaning() does. Throws what that, polygon_classes()
  // and read_polygon_file() throw.
  LabelReading(const SegmentationListing& listing, const MaskOptions& masks, const DecodeOptions& decode);

  // With nothing left open: another split of the data is read by them.
  const MaskOptions& options() const { return options_; }
  const std::string& note() const { return note_; }  // what was found out; may be empty

  // Whether the labels at `mask` are polygons.
  bool is_drawn(const std::filesystem::path& mask) const { return polygons_.contains(mask); }
  // The polygons on the picture. Throws as PlacedPolygons does.
  std::unique_ptr<PlacedPolygons> draw(const std::filesystem::path& mask, const RasterPlace& picture) const;
  // The labels of a file of ids or colours, in parts. Throws InputError.
  std::unique_ptr<LabelWindows> windows(const std::filesystem::path& mask) const;
  // All of them at once. Throws InputError.
  LabelPart read_whole(const std::filesystem::path& mask) const;

 private:
  void take_masks(const SegmentationListing& listing, const MaskOptions& masks);
  void take_polygons(const SegmentationListing& listing);
  MaskForm form() const { return options_.color_map.empty() ? MaskForm::kStored : MaskForm::kColors; }

  struct Drawn {
    PolygonFile file;
    std::vector<uint8_t> labels;
  };

  DecodeOptions decode_;
  MaskOptions options_;
  std::string note_;
  std::unique_ptr<LabelMap> labels_;  // of stored values, where any mask has them
  uint8_t outside_ = 0;
  std::map<std::filesystem::path, Drawn> polygons_;
};

// Throws InputError where the mask is a TIFF, and both have a place on earth and these differ: by the code of the
// coordinate system, or by more than a hundredth of a pixel.
void check_same_ground(const std::filesystem::path& image, const std::filesystem::path& mask);

}  // namespace multipole
