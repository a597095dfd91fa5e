// report.json as a page that people read.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "backbone/config/json.h"

namespace multipole {

// A classifier's report, as report.json holds it (classification_run.h). `thumbnails` gives data URIs by the path of a
// mistake.
std::string html_report(const Json& report, const std::map<std::string, std::string>& thumbnails);

// The report of a classifier whose pictures have several classes (multi_label_run.h).
std::string html_multi_label_report(const Json& report);

// Data URIs of one picture with the classes laid over it.
struct LabelThumbnails {
  std::string truth, answer;
};

// A segmentation model's report (segmentation_run.h); `thumbnails` by the path of a picture.
std::string html_segmentation_report(const Json& report, const std::map<std::string, LabelThumbnails>& thumbnails);

// Several runs side by side: their numbers in one table, their curves in one chart. Both throw ConfigError where the
// runs are of different tasks.
std::string html_comparison(const std::vector<Json>& reports);

// The same table for a terminal.
std::string text_comparison(const std::vector<Json>& reports);

}  // namespace multipole
