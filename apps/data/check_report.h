// What `multipole data check` says of a census: as text for people, as JSON for programs.
#pragma once

#include <string>

#include "base/json.h"
#include "datasets/inspection/data_census.h"
#include "datasets/sources/picture_source.h"

namespace multipole {

std::string census_text(const DataCensus& census, const PictureSource& source);

// {"data", "pictures", "readable", "classes", "splits", "class_counts", "sizes", "short_sides", "bad",
//  "near_duplicates", "flat", "problems"}; everything in full.
Json census_json(const DataCensus& census, const PictureSource& source);

}  // namespace multipole
