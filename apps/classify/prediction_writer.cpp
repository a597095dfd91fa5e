#include "apps/classify/prediction_writer.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "datasets/formats/csv.h"

namespace multipole {
namespace {

constexpr int kDigits = 6;
constexpr const char* kUnknown = "unknown";

// A probability is a float32: digits past the sixth are noise.
double rounded(double probability) { return std::round(probability * 1e6) / 1e6; }

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

Json json_list(const std::vector<ClassPrediction>& predictions) {
  Json list = Json::array();
  for (const auto& p : predictions) {
    list.push_back({{"class", p.name}, {"index", p.index}, {"probability", rounded(p.probability)}});
  }
  return list;
}

std::string text_list(const std::vector<ClassPrediction>& predictions) {
  std::string text;
  for (const auto& p : predictions) {
    text += (text.empty() ? "" : ", ") + p.name + " " + fixed(100 * p.probability, 1) + "%";
  }
  return text;
}

Json with_notes(Json line, const std::vector<std::string>& notes) {
  if (!notes.empty()) line["notes"] = notes;
  return line;
}

}  // namespace

PredictionFormat prediction_format(const std::string& name) {
  if (name == "text") return PredictionFormat::kText;
  if (name == "json") return PredictionFormat::kJson;
  if (name == "csv") return PredictionFormat::kCsv;
  throw ConfigError("--format " + name + ": expected text, json or csv");
}

std::string prediction_header(PredictionFormat format) {
  return format == PredictionFormat::kCsv ? "path,rank,class,index,probability,error\n" : "";
}

std::string format_predictions(PredictionFormat format, const std::string& path,
                               const std::vector<ClassPrediction>& predictions, const std::vector<std::string>& notes) {
  if (format == PredictionFormat::kJson) {
    return json_line(with_notes({{"path", path}, {"predictions", json_list(predictions)}}, notes));
  }
  if (format == PredictionFormat::kText) {
    return path + ": " + (predictions.empty() ? "(none)" : text_list(predictions)) + "\n";
  }
  if (predictions.empty()) return csv_field(path) + ",,,,,\n";
  std::string rows;
  for (size_t i = 0; i < predictions.size(); ++i) {
    const ClassPrediction& p = predictions[i];
    rows += csv_field(path) + "," + std::to_string(i + 1) + "," + csv_field(p.name) + "," + std::to_string(p.index) +
            "," + fixed(p.probability, kDigits) + ",\n";
  }
  return rows;
}

std::string format_rejection(PredictionFormat format, const std::string& path,
                             const std::vector<ClassPrediction>& predictions, const std::vector<std::string>& notes) {
  switch (format) {
    case PredictionFormat::kJson:
      return json_line(
          with_notes({{"path", path}, {"predictions", Json::array()}, {"rejected", json_list(predictions)}}, notes));
    case PredictionFormat::kCsv:
      return csv_field(path) + ",," + kUnknown + ",," + fixed(predictions.at(0).probability, kDigits) + ",\n";
    case PredictionFormat::kText:
      break;
  }
  return path + ": " + kUnknown + " (" + text_list(predictions) + ")\n";
}

std::string format_failure(PredictionFormat format, const std::string& path, const std::string& reason) {
  switch (format) {
    case PredictionFormat::kJson:
      return json_line({{"path", path}, {"error", reason}});
    case PredictionFormat::kCsv:
      return csv_field(path) + ",,,,," + csv_field(reason) + "\n";
    case PredictionFormat::kText:
      break;
  }
  return path + ": error: " + one_line(reason) + "\n";
}

}  // namespace multipole
