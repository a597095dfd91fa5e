// A line chart with logarithmic axes, as SVG.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace multipole {

struct ChartLine {
  std::string label;
  std::string color;
  bool dashed = false;
  std::vector<std::pair<double, double>> points;  // positive x and y
};

struct LogChart {
  std::string title, x_label, y_label;
  std::vector<ChartLine> lines;
};

// Ticks at powers of 4 along x and of 10 along y. Throws ConfigError where there is no point at all.
std::string chart_svg(const LogChart& chart);

}  // namespace multipole
