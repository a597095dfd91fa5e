// A segmentation model's report.json as a page that people read.
#pragma once

#include <map>
#include <string>

#include "base/json.h"

namespace multipole {

// Data URIs of one picture with the classes laid over it.
struct LabelThumbnails {
  std::string truth, answer;
};

// `report` as report.json holds it (segmentation_run.h); `thumbnails` by the path of a picture.
std::string html_segmentation_report(const Json& report, const std::map<std::string, LabelThumbnails>& thumbnails);

}  // namespace multipole
