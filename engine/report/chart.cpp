#include "engine/report/chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "engine/report/page.h"

namespace multipole {
namespace {

constexpr double kWidth = 440, kHeight = 270, kLeft = 52, kRight = 14, kTop = 32, kBottom = 42;
constexpr double kLegendRow = 19, kLegendLine = 28, kLetter = 7.5;  // about
constexpr std::array kColors = {"#0b5fa5", "#b3420a", "#4d6b00", "#7a2a8c", "#8a1538", "#00676b"};
constexpr std::array kDashes = {"none", "7 4", "2 3", "10 3 2 3", "4 4", "1 5"};

struct Axis {
  double low = 0, high = 1;
  double begin = 0, end = 1;  // in the drawing

  double place(double value) const { return begin + (value - low) / (high - low) * (end - begin); }
};

// About four round steps between low and high.
double tick_step(double low, double high) {
  const double rough = (high - low) / 4;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough) return factor * power;
  }
  return 10 * power;
}

std::string text_element(double x, double y, const std::string& anchor, const std::string& text) {
  return "<text x=\"" + number_text(x, 1) + "\" y=\"" + number_text(y, 1) + "\" text-anchor=\"" + anchor + "\">" +
         escape_html(text) + "</text>\n";
}

std::string line_element(double x1, double y1, double x2, double y2, const std::string& style) {
  return "<line x1=\"" + number_text(x1, 1) + "\" y1=\"" + number_text(y1, 1) + "\" x2=\"" + number_text(x2, 1) +
         "\" y2=\"" + number_text(y2, 1) + "\" " + style + "/>\n";
}

std::string open_svg(const std::string& alternative, double height = kHeight) {
  const std::string size = number_text(kWidth, 0) + " " + number_text(height, 0);
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + size + "\" role=\"img\" aria-label=\"" +
         escape_html(alternative) +
         "\" font-family=\"system-ui, sans-serif\" font-size=\"13\" fill=\"#1b1b1b\">\n"
         "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n";
}

std::string axis_elements(const Axis& x, const Axis& y, const std::string& x_label, bool percent) {
  std::string svg;
  const double y_step = tick_step(y.low, y.high), x_step = std::max(tick_step(x.low, x.high), x.high > 1 ? 1.0 : 0.0);
  const int digits = std::clamp(static_cast<int>(-std::floor(std::log10(percent ? 100 * y_step : y_step))), 0, 4);
  for (double value = std::ceil(y.low / y_step) * y_step; value <= y.high + 1e-9 * y_step; value += y_step) {
    svg += line_element(x.begin, y.place(value), x.end, y.place(value), "stroke=\"#d0d0d0\"");
    svg += text_element(x.begin - 6, y.place(value) + 4, "end",
                        percent ? percent_text(value, digits) : number_text(value, digits));
  }
  const int x_digits = std::clamp(static_cast<int>(-std::floor(std::log10(x_step))), 0, 4);
  for (double value = std::ceil(x.low / x_step) * x_step; value <= x.high + 1e-9 * x_step; value += x_step) {
    svg += text_element(x.place(value), y.begin + 17, "middle", number_text(value, x_digits));
  }
  svg += line_element(x.begin, y.begin, x.end, y.begin, "stroke=\"#1b1b1b\"");
  return svg + text_element((x.begin + x.end) / 2, y.begin + kBottom - 6, "middle", x_label);
}

struct LegendPlace {
  double x = kLeft, y = 0;
};

// One place a name, row by row.
std::vector<LegendPlace> legend_places(const std::vector<ChartSeries>& series) {
  std::vector<LegendPlace> places;
  LegendPlace next;
  for (const auto& one : series) {
    const double width = kLegendLine + 14 + kLetter * static_cast<double>(one.name.size());
    if (next.x > kLeft && next.x + width > kWidth) next = {kLeft, next.y + kLegendRow};
    places.push_back(next);
    next.x += width;
  }
  return places;
}

Axis fitted_axis(double low, double high, double begin, double end) {
  if (high - low < 1e-9) {
    low -= 0.5;
    high += 0.5;
  }
  return {low, high, begin, end};
}

}  // namespace

std::string chart_figure(const std::string& heading, const std::string& svg) {
  return svg.empty()
             ? ""
             : "<figure class=\"chart\"><figcaption>" + escape_html(heading) + "</figcaption>\n" + svg + "</figure>\n";
}

std::string line_chart_svg(const LineChart& chart) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  double x_low = kInfinity, x_high = -kInfinity, y_low = kInfinity, y_high = -kInfinity;
  auto all = chart.series;
  for (auto& series : all) {
    std::erase_if(series.points, [](const auto& p) { return !std::isfinite(p.first) || !std::isfinite(p.second); });
    for (const auto& [x, y] : series.points) {
      x_low = std::min(x_low, x);
      x_high = std::max(x_high, x);
      y_low = std::min(y_low, y);
      y_high = std::max(y_high, y);
    }
  }
  if (x_low > x_high) return "";
  const Axis x = fitted_axis(x_low, x_high, kLeft, kWidth - kRight);
  const double room = 0.05 * (y_high - y_low);
  const auto legend = legend_places(all);
  const double more = legend.back().y;  // rows of the legend beyond the first
  const Axis y = fitted_axis(y_low - room, y_high + room, kHeight + more - kBottom, kTop + more);
  std::string svg = open_svg(chart.title, kHeight + more) + axis_elements(x, y, chart.x_label, chart.percent);
  for (size_t i = 0; i < all.size(); ++i) {
    const std::string color = kColors[i % kColors.size()];
    const std::string stroke =
        "stroke=\"" + color + "\" stroke-width=\"2\" stroke-dasharray=\"" + kDashes[i % kDashes.size()] + "\"";
    std::string points;
    for (const auto& [px, py] : all[i].points) {
      points += number_text(x.place(px), 1) + "," + number_text(y.place(py), 1) + " ";
    }
    svg += "<polyline fill=\"none\" " + stroke + " points=\"" + points + "\"/>\n";
    if (all[i].points.size() == 1) {
      svg += "<circle r=\"4\" fill=\"" + color + "\" cx=\"" + number_text(x.place(all[i].points[0].first), 1) +
             "\" cy=\"" + number_text(y.place(all[i].points[0].second), 1) + "\"/>\n";
    }
    svg += line_element(legend[i].x, legend[i].y + 12, legend[i].x + kLegendLine - 6, legend[i].y + 12, stroke);
    svg += text_element(legend[i].x + kLegendLine, legend[i].y + 16, "start", all[i].name);
  }
  return svg + "</svg>\n";
}

std::string reliability_svg(const Json& bins) {
  const Axis x{0, 1, kLeft, kWidth - kRight}, y{0, 1, kHeight - kBottom, kTop};
  std::string bars, alternative = "Reliability diagram.";
  for (const auto& bin : bins) {
    if (bin["samples"] == 0) continue;
    const double low = x.place(bin["low"].get<double>()), high = x.place(bin["high"].get<double>());
    const double top = y.place(bin["accuracy"].get<double>());
    bars += "<rect x=\"" + number_text(low + 1, 1) + "\" y=\"" + number_text(top, 1) + "\" width=\"" +
            number_text(high - low - 2, 1) + "\" height=\"" + number_text(y.begin - top, 1) + "\" fill=\"#0b5fa5\"/>\n";
    alternative += " Sure to " + percent_text(bin["confidence"].get<double>(), 0) + ": " +
                   percent_text(bin["accuracy"].get<double>(), 0) + " right of " + bin["samples"].dump() + ".";
  }
  return open_svg(alternative) + axis_elements(x, y, "how sure the model says it is", true) + bars +
         line_element(x.begin, y.begin, x.end, y.end,
                      "stroke=\"#b3420a\" stroke-width=\"2\" stroke-dasharray=\"7 4\"") +
         text_element(kLeft, 16, "start", "bars: share that is right; dashes: as sure as right") + "</svg>\n";
}

}  // namespace multipole
