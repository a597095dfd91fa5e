// Charts as inline SVG, with a text alternative each.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"

namespace multipole {

struct ChartSeries {
  std::string name;
  std::vector<std::pair<double, double>> points;  // x, y; points that are not finite are left out
};

struct LineChart {
  std::string title;  // also the text alternative
  std::string x_label;
  std::vector<ChartSeries> series;  // told apart by colour and by dashes
  bool percent = false;             // y is a share
};

// "" where no series has a point.
std::string line_chart_svg(const LineChart& chart);

// A drawing under its heading, as a part of a page; "" without a drawing.
std::string chart_figure(const std::string& heading, const std::string& svg);

// Accuracy against confidence, from the bins of report.json's calibration.
std::string reliability_svg(const Json& bins);

// The confusion matrix (rows: truth) as a table up to 25 classes, and as a picture beyond. `names` are the classes,
// `unit` is what it counts: "pictures" as numbers, anything else as shares of a row.
std::string confusion_html(const Json& matrix, const std::vector<std::string>& names, const std::string& unit);

}  // namespace multipole
