#include "apps/bench/log_chart.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "apps/bench/bench_report.h"
#include "base/error.h"
#include "base/text.h"

namespace multipole {
namespace {

constexpr double kLeft = 80, kTop = 44, kPlotWidth = 520, kPlotHeight = 380, kLegendWidth = 260, kBottom = 60;
constexpr double kWidth = kLeft + kPlotWidth + kLegendWidth, kHeight = kTop + kPlotHeight + kBottom;
constexpr double kLegendRow = 22;

// One axis: values in powers of `base`, widened to whole powers.
class Axis {
 public:
  Axis(double base, double begin, double end) : base_(base), begin_(begin), end_(end) {}

  void include(double value) {
    const double power = std::log(value) / std::log(base_);
    first_ = std::min(first_, std::floor(power + 1e-9));
    last_ = std::max(last_, std::ceil(power - 1e-9));
  }
  bool empty() const { return first_ > last_; }
  int first() const { return static_cast<int>(first_); }
  int last() const { return static_cast<int>(std::max(last_, first_ + 1)); }
  double value(int power) const { return std::pow(base_, power); }
  double place(double value) const {
    return begin_ + (std::log(value) / std::log(base_) - first()) / (last() - first()) * (end_ - begin_);
  }

 private:
  double base_, begin_, end_;
  double first_ = std::numeric_limits<double>::infinity(), last_ = -std::numeric_limits<double>::infinity();
};

std::string tick_label(double value) {
  return value >= 1 ? with_commas(std::llround(value))
                    : fixed(value, static_cast<int>(std::ceil(-std::log10(value) - 1e-9)));
}

class Svg {
 public:
  Svg() { out_.imbue(std::locale::classic()); }

  void line(double x1, double y1, double x2, double y2, const std::string& color, bool dashed = false,
            double width = 1) {
    out_ << "<line x1=\"" << fixed(x1, 1) << "\" y1=\"" << fixed(y1, 1) << "\" x2=\"" << fixed(x2, 1) << "\" y2=\""
         << fixed(y2, 1) << "\" stroke=\"" << color << "\" stroke-width=\"" << fixed(width, 1) << "\""
         << (dashed ? " stroke-dasharray=\"6 4\"" : "") << "/>\n";
  }
  void text(double x, double y, const std::string& words, const char* anchor, const char* more = "") {
    out_ << "<text x=\"" << fixed(x, 1) << "\" y=\"" << fixed(y, 1) << "\" text-anchor=\"" << anchor << "\"" << more
         << ">" << words << "</text>\n";
  }
  void dot(double x, double y, const std::string& color) {
    out_ << "<circle cx=\"" << fixed(x, 1) << "\" cy=\"" << fixed(y, 1) << "\" r=\"3\" fill=\"" << color << "\"/>\n";
  }
  std::string finish(const std::string& title) const {
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + fixed(kWidth, 0) + " " + fixed(kHeight, 0) +
           "\" width=\"" + fixed(kWidth, 0) + "\" height=\"" + fixed(kHeight, 0) +
           "\" font-family=\"sans-serif\" font-size=\"13\" fill=\"#222\">\n<title>" + title +
           "</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n" + out_.str() + "</svg>\n";
  }

 private:
  std::ostringstream out_;
};

void draw_frame(const LogChart& chart, const Axis& x, const Axis& y, Svg& svg) {
  svg.text(kLeft, kTop - 18, chart.title, "start", " font-size=\"15\"");
  for (int power = x.first(); power <= x.last(); ++power) {
    const double at = x.place(x.value(power));
    svg.line(at, kTop, at, kTop + kPlotHeight, "#ddd");
    svg.text(at, kTop + kPlotHeight + 18, tick_label(x.value(power)), "middle");
  }
  for (int power = y.first(); power <= y.last(); ++power) {
    const double at = y.place(y.value(power));
    svg.line(kLeft, at, kLeft + kPlotWidth, at, "#ddd");
    svg.text(kLeft - 8, at + 4, tick_label(y.value(power)), "end");
  }
  svg.text(kLeft + kPlotWidth / 2, kHeight - 16, chart.x_label, "middle");
  const double middle = kTop + kPlotHeight / 2;
  const std::string turned = " transform=\"rotate(-90 18 " + fixed(middle, 1) + ")\"";
  svg.text(18, middle, chart.y_label, "middle", turned.c_str());
}

}  // namespace

std::string chart_svg(const LogChart& chart) {
  Axis x(4, kLeft, kLeft + kPlotWidth), y(10, kTop + kPlotHeight, kTop);
  for (const auto& line : chart.lines) {
    for (const auto& [px, py] : line.points) {
      x.include(px);
      y.include(py);
    }
  }
  if (x.empty()) throw ConfigError("--svg: nothing was measured, so there is nothing to draw");
  Svg svg;
  draw_frame(chart, x, y, svg);
  double row = kTop + 10;
  for (const auto& line : chart.lines) {
    for (size_t i = 0; i < line.points.size(); ++i) {
      const double px = x.place(line.points[i].first), py = y.place(line.points[i].second);
      svg.dot(px, py, line.color);
      if (i == 0) continue;
      svg.line(x.place(line.points[i - 1].first), y.place(line.points[i - 1].second), px, py, line.color, line.dashed,
               2);
    }
    svg.line(kLeft + kPlotWidth + 16, row - 4, kLeft + kPlotWidth + 46, row - 4, line.color, line.dashed, 2);
    svg.text(kLeft + kPlotWidth + 54, row, line.label, "start");
    row += kLegendRow;
  }
  return svg.finish(chart.title);
}

}  // namespace multipole
