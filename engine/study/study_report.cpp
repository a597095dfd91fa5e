#include "engine/study/study_report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace multipole {
namespace {

std::string number(double value, int digits) {
  if (!std::isfinite(value)) return "n/a";
  std::array<char, 64> text = {};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

std::string accuracy(const StudyRow& row) {
  if (row.runs.empty()) return "n/a";
  const double deviation = row.deviation_score();
  return number(100 * row.mean_score(), 2) + (std::isfinite(deviation) ? " ± " + number(100 * deviation, 2) : "") +
         " (" + std::to_string(row.runs.size()) + ")";
}

std::string table_line(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const auto& cell : cells) line += " " + cell + " |";
  return line + "\n";
}

std::string rule(size_t columns) {
  std::string line = "|---|";
  for (size_t i = 1; i < columns; ++i) line += "---:|";
  return line + "\n";
}

std::string main_table(const StudyResult& result) {
  std::vector<std::string> header = {"variant", result.score_name + " % (runs)", "parameters, M"};
  for (const auto& cost : result.rows.front().costs) {
    const std::string at = " at " + std::to_string(cost.resolution);
    for (const char* what : {"model GFLOP", "attention GFLOP", "images/s", "peak MB an image"})
      header.push_back(what + at);
  }
  std::string text = table_line(header) + rule(header.size());
  for (const auto& row : result.rows) {
    std::vector<std::string> cells = {
        row.name, accuracy(row),
        row.num_parameters > 0 ? number(static_cast<double>(row.num_parameters) / 1e6, 2) : "n/a"};
    for (const auto& cost : row.costs) {
      cells.push_back(number(cost.model_flops / 1e9, 3));
      cells.push_back(number(cost.attention_flops / 1e9, 3));
      cells.push_back(number(cost.images_per_second, 1));
      cells.push_back(cost.peak_bytes_per_image ? number(*cost.peak_bytes_per_image / 1e6, 1) : "n/a");
    }
    text += table_line(cells);
  }
  return text;
}

std::string error_table(const StudyResult& result) {
  std::string text = table_line({"variant", "stage 1", "stage 2", "stage 3", "stage 4"}) + rule(5);
  for (const auto& row : result.rows) {
    std::vector<std::string> cells = {row.name};
    for (size_t stage = 0; stage < 4; ++stage) {
      cells.push_back(stage < row.attention_error.size() ? number(row.attention_error[stage], 3) : "n/a");
    }
    text += table_line(cells);
  }
  return text;
}

std::string svg_text(double x, double y, const std::string& anchor, const std::string& text) {
  return "<text x=\"" + number(x, 1) + "\" y=\"" + number(y, 1) + "\" text-anchor=\"" + anchor + "\">" + text +
         "</text>\n";
}

}  // namespace

std::string study_markdown(const StudyResult& result) {
  std::string text = "# " + result.title + "\n\n" + main_table(result);
  text += "\n" + result.score_name +
          " is the best epoch's on the validation split: mean, sample deviation over seeds, number of runs. FLOPs "
          "count a multiply-add as two.\n";
  if (!result.complete) text += "\nThe study was stopped; the same command goes on.\n";
  const auto has_error = [](const StudyRow& row) { return !row.attention_error.empty(); };
  if (std::ranges::any_of(result.rows, has_error)) {
    text +=
        "\n## Approximation error\n\nRelative error of the attention's output against full attention on its trained "
        "weights, in the first block of each stage.\n\n" +
        error_table(result);
  }
  return text;
}

// A run that ended without a finite score leaves its row's mean without one.
bool has_score(const StudyRow& row) { return std::isfinite(row.mean_score()); }

std::string accuracy_svg(const StudyResult& result) {
  constexpr double kLabel = 190, kPlot = 420, kRow = 24, kTop = 40;
  double best = 0;
  for (const auto& row : result.rows) {
    if (has_score(row)) best = std::max(best, row.mean_score());
  }
  if (best <= 0) return "";
  const double height = kTop + kRow * static_cast<double>(result.rows.size()) + 10;
  const auto place = [&](double score) { return kLabel + kPlot * std::clamp(score / best, 0.0, 1.1); };
  std::string svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"760\" height=\"" + number(height, 0) +
      "\" font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n" +
      svg_text(20, 24, "start", result.score_name + ", mean and deviation over seeds");
  double y = kTop;
  for (const auto& row : result.rows) {
    const double middle = y + kRow / 2;
    svg += svg_text(kLabel - 8, middle + 4, "end", row.name);
    if (has_score(row)) {
      const double end = place(row.mean_score());
      svg += "<rect x=\"" + number(kLabel, 1) + "\" y=\"" + number(y + 4, 1) + "\" width=\"" + number(end - kLabel, 1) +
             "\" height=\"" + number(kRow - 8, 1) + "\" fill=\"#7aa6d6\"/>\n";
      const double deviation = row.deviation_score();
      if (std::isfinite(deviation)) {
        svg += "<path d=\"M" + number(place(row.mean_score() - deviation), 1) + " " + number(middle, 1) + " H" +
               number(place(row.mean_score() + deviation), 1) + "\" stroke=\"black\" stroke-width=\"2\"/>\n";
      }
    }
    if (!row.runs.empty()) svg += svg_text(kLabel + kPlot * 1.1 + 8, middle + 4, "start", accuracy(row));
    y += kRow;
  }
  return svg + "</svg>\n";
}

}  // namespace multipole
