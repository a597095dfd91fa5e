// Several runs side by side, whatever their task.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace multipole {

// The runs' numbers in one table, their curves in one chart: a page. Both throw ConfigError where the runs are of
// different tasks.
std::string html_comparison(const std::vector<Json>& reports);

// The same table for a terminal.
std::string text_comparison(const std::vector<Json>& reports);

}  // namespace multipole
