// A classifier's report.json as a page that people read.
#pragma once

#include <map>
#include <string>

#include "base/json.h"

namespace multipole {

// `report` as report.json holds it (classification_run.h). `thumbnails` gives data URIs by the path of a mistake.
std::string html_report(const Json& report, const std::map<std::string, std::string>& thumbnails);

// The report of a classifier whose pictures have several classes (multi_label_run.h).
std::string html_multi_label_report(const Json& report);

}  // namespace multipole
