// The layouts one by one; see layout.h.
#pragma once

#include <filesystem>

#include "datasets/layouts/layout.h"

namespace multipole {

SegmentationListing list_pairs(const std::filesystem::path& root, const SegmentationSplitOptions& options);
SegmentationListing list_ade20k(const std::filesystem::path& root, const SegmentationSplitOptions& options);
SegmentationListing list_voc(const std::filesystem::path& root, const SegmentationSplitOptions& options);
SegmentationListing list_cityscapes(const std::filesystem::path& root, const SegmentationSplitOptions& options);

}  // namespace multipole
