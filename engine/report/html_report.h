// report.json as a page that people read.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "backbone/config/json.h"

namespace multipole {

// `report` is what report.json holds (run_report.h). `thumbnails` gives data URIs by the path of a mistake.
std::string html_report(const Json& report, const std::map<std::string, std::string>& thumbnails);

// Several runs side by side: their numbers in one table, their curves in one chart.
std::string html_comparison(const std::vector<Json>& reports);

// The same table for a terminal.
std::string text_comparison(const std::vector<Json>& reports);

}  // namespace multipole
