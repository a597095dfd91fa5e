#include "datasets/segmentation/segmentation_dataset.h"

#include <system_error>
#include <utility>

#include "base/error.h"
#include "datasets/segmentation/block_choice.h"
#include "datasets/segmentation/segmentation_blocks.h"
#include "datasets/segmentation/segmentation_folder.h"
#include "datasets/segmentation/segmentation_pack.h"

namespace multipole {

namespace {

bool is_file(const std::filesystem::path& path) {
  std::error_code code;
  return std::filesystem::is_regular_file(path, code);
}

std::shared_ptr<const SegmentationDataset> open_folder(const std::filesystem::path& path,
                                                       const SegmentationSplitOptions& split, const MaskOptions& masks,
                                                       const DecodeOptions& decode) {
  SegmentationListing listing = list_uncut(path, split);
  const auto blocks = choose_blocks(listing, split, decode);
  if (!blocks || !blocks->cuts_split) listing = cut_by_pictures(std::move(listing), path, split);
  if (!blocks) return std::make_shared<SegmentationFolder>(path, std::move(listing), masks, decode);
  return std::make_shared<SegmentationBlocks>(path, std::move(listing), split, *blocks, masks, decode);
}

}  // namespace

std::vector<std::filesystem::path> SegmentationDataset::pictures() const {
  std::vector<std::filesystem::path> paths;
  for (int64_t i = 0; i < size(); ++i) paths.emplace_back(path(i));
  return paths;
}

bool is_segmentation_data(const std::filesystem::path& path) {
  return is_file(path) ? SegmentationPack::is_one(path) : has_segmentation_layout(path);
}

std::vector<std::string> segmentation_splits(const std::filesystem::path& path, const std::string& layout) {
  return is_file(path) ? SegmentationPack::splits(path) : layout_splits(path, layout);
}

std::shared_ptr<const SegmentationDataset> open_segmentation_data(const std::filesystem::path& path,
                                                                  const SegmentationSplitOptions& split,
                                                                  const MaskOptions& masks,
                                                                  const DecodeOptions& decode) {
  if (!is_file(path)) return open_folder(path, split, masks, decode);
  if (decode.bands.any()) throw ConfigError(path.string() + ": packed data hold RGB; bands are those of raster files");
  try {
    return std::make_shared<SegmentationPack>(path, split, masks);
  } catch (const InputError& failure) {
    throw ConfigError(failure.what());  // the data as a whole is unusable, and not one picture of it
  }
}

std::string segmentation_data_forms() {
  std::string layouts;
  for (const auto& name : layout_names()) layouts += (layouts.empty() ? "" : ", ") + name;
  return "folder ROOT/images, ROOT/masks (or annotations, labels), ROOT/classes.txt, with folders of splits or "
         "without, masks as PNG, TIFF or polygons; "
         "or another known layout (" +
         layouts + "); or what 'data pack' made of one";
}

}  // namespace multipole
