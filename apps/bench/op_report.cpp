#include "apps/bench/op_report.h"

#include <array>
#include <cmath>

#include "apps/bench/bench_report.h"
#include "apps/bench/log_chart.h"
#include "apps/bench/op_subjects.h"
#include "base/text.h"

namespace multipole {
namespace {

const std::vector<Column>& op_columns() {
  static const std::vector<Column> list = {
      {"tokens", 9},    {"subject", 12, true}, {"pass", 16, true}, {"ms min", 10}, {"ms median", 10}, {"GFLOP/s", 8},
      {"of matmul", 9}, {"of FMA", 7},         {"extra MB", 9},    {"of qkvo", 8}, {"growth", 7},     {"vs sdpa", 8}};
  return list;
}

std::string optional_number(const std::optional<double>& value, double factor, int digits) {
  return value ? fixed(*value * factor, digits) : "";
}

std::string variant_name(const OpCase& shape) { return shape.linear ? "linear" : "log-linear"; }

std::string case_line(const OpCase& shape) {
  return std::string(c10::toString(shape.dtype)) + " on " + shape.device.str() + ", batch " +
         std::to_string(shape.batch) + ", " + std::to_string(shape.heads) + " heads x " +
         std::to_string(shape.head_dim) + ", cell " + std::to_string(shape.cell) + ", rank " +
         std::to_string(shape.rank) + ", " + variant_name(shape);
}

Json row_json(const OpRow& row, const Limits& limits) {
  Json json = {{"subject", row.subject},
               {"pass", row.pass},
               {"tokens", row.tokens},
               {"height", row.height},
               {"width", row.width}};
  if (!row.skipped.empty()) {
    json["skipped"] = row.skipped;
    return json;
  }
  json.update(Json{{"seconds_min", row.timing.minimum},
                   {"seconds_median", row.timing.median},
                   {"runs", row.timing.runs},
                   {"gflops", row.gflops},
                   {"share_of_matmul", row.gflops / limits.matrix_gflops}});
  json["share_of_fma_peak"] = limits.fma ? Json(row.gflops / limits.fma->gflops) : Json(nullptr);
  json["extra_bytes"] = row.extra_bytes ? Json(*row.extra_bytes) : Json(nullptr);
  json["extra_share_of_qkvo"] = row.extra_bytes ? Json(row.extra_share) : Json(nullptr);
  json["growth_exponent"] = row.growth ? Json(*row.growth) : Json(nullptr);
  json["speedup_over_sdpa"] = row.speedup ? Json(*row.speedup) : Json(nullptr);
  return json;
}

}  // namespace

std::string op_preamble(const OpBenchConfig& config, const Limits& limits, const Json& machine) {
  std::string registers;
  if (limits.fma) {
    registers = ", registers only (" + limits.fma->instructions + ") " + fixed(limits.fma->gflops, 0) + " GFLOP/s";
  }
  return machine_line(machine) + "\n" + case_line(config.shape) + "; window " + std::to_string(config.shape.window) +
         "\nmatrix product " + fixed(limits.matrix_gflops, 0) + " GFLOP/s" + registers +
         "; only keys that exist are counted; the fastest run after a warm-up decides\n\n" + table_header(op_columns());
}

std::string op_row_text(const OpRow& row, const Limits& limits) {
  std::vector<std::string> cells = {with_commas(row.tokens), row.subject, row.pass};
  if (!row.skipped.empty()) {
    cells.push_back(row.skipped);
  } else {
    cells.insert(
        cells.end(),
        {fixed(row.timing.minimum * 1e3, 2), fixed(row.timing.median * 1e3, 2), fixed(row.gflops, 1),
         percent(row.gflops / limits.matrix_gflops, 0), limits.fma ? percent(row.gflops / limits.fma->gflops, 0) : "",
         optional_number(row.extra_bytes, 1e-6, 1), row.extra_bytes ? fixed(row.extra_share, 2) : "",
         optional_number(row.growth, 1, 2), row.speedup ? fixed(*row.speedup, 1) + "x" : ""});
  }
  return table_row(op_columns(), cells);
}

Json op_json(const OpBenchConfig& config, const Limits& limits, const Json& machine, const std::vector<OpRow>& rows) {
  const OpCase& shape = config.shape;
  Json json = {{"machine", machine}};
  json["settings"] = {{"batch", shape.batch},        {"heads", shape.heads},
                      {"head_dim", shape.head_dim},  {"cell", shape.cell},
                      {"rank", shape.rank},          {"variant", variant_name(shape)},
                      {"window", shape.window},      {"dtype", c10::toString(shape.dtype)},
                      {"device", shape.device.str()}};
  json["limits"] = {{"matrix_product_gflops", limits.matrix_gflops},
                    {"fma_peak_gflops", limits.fma ? Json(limits.fma->gflops) : Json(nullptr)},
                    {"fma_peak_instructions", limits.fma ? Json(limits.fma->instructions) : Json(nullptr)}};
  json["subjects"] = Json::object();
  for (const auto& subject : op_subjects()) json["subjects"][subject.name] = subject.meaning;
  json["rows"] = Json::array();
  for (const auto& row : rows) json["rows"].push_back(row_json(row, limits));
  return json;
}

std::string op_svg(const OpBenchConfig& config, const std::vector<OpRow>& rows) {
  // ColorBrewer's Dark2, one for each subject
  constexpr std::array<const char*, 9> kColors = {"#d95f02", "#7570b3", "#666666", "#e6ab02", "#1b9e77",
                                                  "#a6761d", "#1f78b4", "#e7298a", "#66a61e"};
  LogChart chart{"Attention: " + case_line(config.shape), "tokens", "milliseconds", {}};
  for (size_t i = 0; i < op_subjects().size(); ++i) {
    for (const char* pass : {"forward", "forward+backward"}) {
      const std::string name = op_subjects()[i].name;
      const bool backward = std::string(pass) != "forward";
      ChartLine line{name + (backward ? ", with backward" : ", forward"), kColors[i % kColors.size()], backward, {}};
      for (const auto& row : rows) {
        if (row.subject != name || row.pass != pass || !row.skipped.empty()) continue;
        line.points.emplace_back(static_cast<double>(row.tokens), row.timing.minimum * 1e3);
      }
      if (!line.points.empty()) chart.lines.push_back(line);
    }
  }
  return chart_svg(chart);
}

}  // namespace multipole
