#include "datasets/segmentation/block_choice.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/error.h"
#include "datasets/ground/ground_blocks.h"
#include "datasets/pictures/picture_rows.h"

namespace multipole {
namespace {

constexpr size_t kFewPictures = 10;
constexpr int64_t kLargest = 4096 * 4096;
constexpr uintmax_t kSmallFile = uintmax_t{1} << 20;  // holds no larger picture that anybody labels

bool is_large_file(const std::filesystem::path& path) {
  std::error_code code;
  const uintmax_t size = std::filesystem::file_size(path, code);
  return !code && size > kSmallFile;
}

// Of those that can be read: who reads them for good names the others.
std::vector<RasterSize> sizes_of(const std::vector<PictureAndMask>& pairs, const DecodeOptions& decode, bool all) {
  std::vector<RasterSize> sizes;
  for (const auto& pair : pairs) {
    if (!all && !is_large_file(pair.image)) continue;
    try {
      const auto rows = open_picture_rows(pair.image, decode);
      sizes.push_back({rows->height(), rows->width()});
    } catch (const InputError&) {
      continue;
    }
  }
  return sizes;
}

}  // namespace

std::optional<BlockChoice> choose_blocks(const SegmentationListing& listing, const SegmentationSplitOptions& options,
                                         const DecodeOptions& decode) {
  if (options.block < 0) return std::nullopt;
  const bool cuts_split = listing.is_uncut && listing.pairs.size() < kFewPictures;
  if (options.block > 0) return BlockChoice{options.block, cuts_split};
  const auto sizes = sizes_of(listing.pairs, decode, listing.pairs.size() < kFewPictures);
  const int64_t side = choose_block_side(sizes);
  const bool is_alone = listing.is_uncut && listing.pairs.size() == 1 && cut_into_blocks(sizes, side).size() > 1;
  const bool has_large =
      std::ranges::any_of(sizes, [](const RasterSize& size) { return size.height * size.width > kLargest; });
  if (!is_alone && !has_large) return std::nullopt;
  return BlockChoice{side, cuts_split};
}

}  // namespace multipole
