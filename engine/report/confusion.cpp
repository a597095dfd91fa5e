#include <algorithm>
#include <array>
#include <cmath>

#include "engine/report/chart.h"
#include "engine/report/page.h"

namespace multipole {
namespace {

constexpr size_t kTableClasses = 25;
constexpr size_t kPairsListed = 20;
constexpr const char* kAxes = "Rows: what the pictures show. Columns: what the model says.";

// Relative luminance of a colour's channel (WCAG 2.1).
double linear(double channel) {
  const double value = channel / 255;
  return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

// White to dark blue by the share of a row. Black text has a contrast of 4.5 down to a luminance of 0.175, and white
// text up to 0.183, so one of them can always be read.
std::string cell_style(double share) {
  constexpr std::array<double, 3> kDark = {11, 79, 138}, kWeights = {0.2126, 0.7152, 0.0722};
  std::string hex = "#";
  double luminance = 0;
  for (size_t i = 0; i < kDark.size(); ++i) {
    const auto value = static_cast<int>(std::lround(255 + (kDark[i] - 255) * share));
    luminance += kWeights[i] * linear(value);
    constexpr std::string_view kDigits = "0123456789abcdef";
    hex += kDigits[static_cast<size_t>(value / 16)];
    hex += kDigits[static_cast<size_t>(value % 16)];
  }
  return "background:" + hex + ";color:" + (luminance < 0.179 ? "#ffffff" : "#000000");
}

double row_sum(const Json& row) {
  double sum = 0;
  for (const auto& count : row) sum += count.get<double>();
  return sum;
}

// Pictures are few enough to be counted; of pixels the percentage says more.
std::string cell_text(const Json& count, double share, bool is_counted) {
  return is_counted ? count.dump() : number_text(100 * share, share < 0.0995 && share > 0 ? 1 : 0);
}

std::string matrix_table(const Json& matrix, const std::vector<std::string>& names, const std::string& unit) {
  const bool is_counted = unit == "pictures";
  std::string html = "<p>" + std::string(kAxes) + (is_counted ? "" : " Percent of a row's " + unit + ".") + "</p>\n" +
                     "<div class=\"scroll matrix\" tabindex=\"0\" role=\"region\" "
                     "aria-label=\"Confusion matrix\"><table><thead><tr><td></td>";
  for (const auto& name : names) html += "<th scope=\"col\"><span>" + escape_html(name) + "</span></th>";
  html += "</tr></thead><tbody>\n";
  for (size_t i = 0; i < names.size(); ++i) {
    const double sum = std::max(1.0, row_sum(matrix[i]));
    html += "<tr><th scope=\"row\">" + escape_html(names[i]) + "</th>";
    for (const auto& count : matrix[i]) {
      const double share = count.get<double>() / sum;
      html += "<td style=\"" + cell_style(share) + "\">" + cell_text(count, share, is_counted) + "</td>";
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string matrix_picture(const Json& matrix, size_t num_classes) {
  const std::string side = std::to_string(num_classes);
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + side + " " + side +
                    "\" role=\"img\" shape-rendering=\"crispEdges\" aria-label=\"Confusion matrix of " + side +
                    " classes; the largest confusions are in the table below\">\n<rect width=\"" + side +
                    "\" height=\"" + side + "\" fill=\"#eeeeee\"/>\n";
  for (size_t i = 0; i < num_classes; ++i) {
    const double sum = std::max(1.0, row_sum(matrix[i]));
    for (size_t j = 0; j < num_classes; ++j) {
      const auto count = matrix[i][j].get<double>();
      if (count == 0) continue;
      svg += "<rect x=\"" + std::to_string(j) + "\" y=\"" + std::to_string(i) +
             "\" width=\"1\" height=\"1\" fill=\"#0b4f8a\" opacity=\"" + number_text(0.2 + 0.8 * count / sum, 2) +
             "\"/>\n";
    }
  }
  return svg + "</svg>\n";
}

std::string largest_confusions(const Json& matrix, const std::vector<std::string>& names, const std::string& unit) {
  struct Pair {
    int64_t count;
    size_t truth, answer;
  };
  std::vector<Pair> pairs;
  for (size_t i = 0; i < names.size(); ++i) {
    for (size_t j = 0; j < names.size(); ++j) {
      const auto count = matrix[i][j].get<int64_t>();
      if (i != j && count > 0) pairs.push_back({count, i, j});
    }
  }
  std::stable_sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) { return a.count > b.count; });
  if (pairs.size() > kPairsListed) pairs.resize(kPairsListed);
  std::vector<std::vector<std::string>> rows;
  for (const auto& pair : pairs) rows.push_back({names[pair.truth], names[pair.answer], std::to_string(pair.count)});
  return html_table("Largest confusions", {"shown", "taken for", unit}, rows);
}

}  // namespace

std::string confusion_html(const Json& matrix, const std::vector<std::string>& names, const std::string& unit) {
  if (names.size() <= kTableClasses) return matrix_table(matrix, names, unit);
  return chart_figure(kAxes, matrix_picture(matrix, names.size())) + largest_confusions(matrix, names, unit);
}

}  // namespace multipole
