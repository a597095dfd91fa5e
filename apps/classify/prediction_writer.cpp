#include "apps/classify/prediction_writer.h"

#include <algorithm>
#include <cmath>

#include "apps/common/text.h"
#include "backbone/config/error.h"
#include "datasets/formats/csv.h"

namespace multipole {
namespace {

constexpr int kDigits = 6;

// A probability is a float32: digits past the sixth are noise.
double rounded(double probability) { return std::round(probability * 1e6) / 1e6; }

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
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
                               const std::vector<Prediction>& predictions, const std::vector<std::string>& notes) {
  if (format == PredictionFormat::kJson) {
    Json list = Json::array();
    for (const auto& p : predictions) {
      list.push_back({{"class", p.class_name}, {"index", p.index}, {"probability", rounded(p.probability)}});
    }
    Json line = {{"path", path}, {"predictions", list}};
    if (!notes.empty()) line["notes"] = notes;
    return json_line(line);
  }
  if (predictions.empty()) return format == PredictionFormat::kText ? path + ": (none)\n" : csv_field(path) + ",,,,,\n";
  std::string text = format == PredictionFormat::kText ? path + ":" : "";
  for (size_t i = 0; i < predictions.size(); ++i) {
    const Prediction& p = predictions[i];
    if (format == PredictionFormat::kText) {
      text += (i > 0 ? ", " : " ") + p.class_name + " " + fixed(100 * p.probability, 1) + "%";
    } else {
      text += csv_field(path) + "," + std::to_string(i + 1) + "," + csv_field(p.class_name) + "," +
              std::to_string(p.index) + "," + fixed(p.probability, kDigits) + ",\n";
    }
  }
  return format == PredictionFormat::kText ? text + "\n" : text;
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
