// The result of `multipole data check` on pictures with masks, for people and for programs.
#pragma once

#include <string>

#include "base/json.h"
#include "datasets/inspection/mask_census.h"

namespace multipole {

// Each split's census, unreadable pictures and masks, look-alikes across splits, masks of no picture, problems.
std::string mask_census_text(const MaskCensus& census, const std::string& data);

// {"data", "task": "segmentation", "classes", "splits": [{"split", "pictures", "readable", "ignored_pixels", "classes":
// [{"class", "pixels", "pictures"}], "absent_classes", "sizes": [{"height", "width", "count"}], "bad": [{"path",
// "reason"}]}], "unused_masks", "near_duplicates": [{"first", "second", "bits"}], "flat", "problems"}
Json mask_census_json(const MaskCensus& census, const std::string& data);

}  // namespace multipole
