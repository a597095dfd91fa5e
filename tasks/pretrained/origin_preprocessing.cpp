#include "tasks/pretrained/origin_preprocessing.h"

#include <cmath>
#include <limits>

#include "base/error.h"

namespace multipole {
namespace {

std::vector<double> numbers(const Json& config, const char* key, const std::vector<double>& otherwise,
                            const std::string& source) {
  if (!config.contains(key)) return otherwise;
  std::vector<double> values;
  read_config(config[key], source + ": " + key, values);
  return values;
}

// Of PIL's numbers, as transformers stores them.
std::string resample_name(int64_t resample, const std::string& source) {
  if (resample == 2) return "bilinear";
  if (resample == 3) return "bicubic";
  throw ModelFileError(source + ": resample " + std::to_string(resample) +
                       ": only 2 (bilinear) and 3 (bicubic) are known");
}

// The share whose floor(size / share) is `shorter`.
double share_of(int64_t size, int64_t shorter) {
  double share = static_cast<double>(size) / static_cast<double>(shorter);
  while (static_cast<int64_t>(std::floor(static_cast<double>(size) / share)) < shorter) {
    share = std::nextafter(share, 0.0);
  }
  return share;
}

int64_t side_of(const Json& size, const std::string& what, const std::string& source) {
  if (size.is_number_integer()) return size.get<int64_t>();
  if (size.is_object() && size.contains("shortest_edge")) return size["shortest_edge"].get<int64_t>();
  if (size.is_object() && size.contains("height") && size.value("width", Json()) == size["height"]) {
    return size["height"].get<int64_t>();
  }
  throw ModelFileError(source + ": " + what + ": expected a square, got " + size.dump());
}

std::vector<std::string> class_numbers(int64_t count) {
  std::vector<std::string> names;
  for (int64_t i = 0; i < count; ++i) names.push_back(std::to_string(i));
  return names;
}

void require_count(size_t names, int64_t count, const std::string& what, const std::string& source) {
  if (static_cast<int64_t>(names) == count) return;
  throw ModelFileError(source + ": " + what + " has " + std::to_string(names) + " names for " + std::to_string(count) +
                       " classes");
}

Preprocessing checked(const Preprocessing& preprocessing, const std::string& source) {
  try {
    preprocessing.validate("preprocessing");
  } catch (const ConfigError& error) {
    throw ModelFileError(source + ": " + error.what());
  }
  return preprocessing;
}

}  // namespace

Preprocessing timm_preprocessing(const Json& config, int64_t image_size, const std::string& source) {
  const Json& own =
      config.contains("pretrained_cfg") && config["pretrained_cfg"].is_object() ? config["pretrained_cfg"] : config;
  Preprocessing out;
  out.image_size = image_size;
  out.crop_pct = own.value("crop_pct", out.crop_pct);
  out.interpolation = own.value("interpolation", std::string("bicubic"));
  out.mean = numbers(own, "mean", out.mean, source);
  out.std = numbers(own, "std", out.std, source);
  const auto mode = own.value("crop_mode", std::string("center"));
  if (mode == "squash") {
    out.fit = "squash";
  } else if (mode != "center") {
    throw ModelFileError(source + ": crop_mode '" + mode + "': only center and squash are known");
  }
  return checked(out, source);
}

Preprocessing transformers_preprocessing(const Json& preprocessor, int64_t image_size, const std::string& source) {
  Preprocessing out;
  out.image_size = image_size;
  if (!preprocessor.is_object()) return out;
  out.mean = numbers(preprocessor, "image_mean", out.mean, source);
  out.std = numbers(preprocessor, "image_std", out.std, source);
  if (!preprocessor.value("do_normalize", true)) out.mean = {0, 0, 0}, out.std = {1, 1, 1};
  out.interpolation = resample_name(preprocessor.value("resample", 2), source);
  out.crop_rounding = "down";
  const bool crops = preprocessor.value("do_center_crop", preprocessor.contains("crop_size"));
  const Json size = preprocessor.value("size", Json(image_size));
  const int64_t side = side_of(size, "size", source);
  out.image_size = crops ? side_of(preprocessor.value("crop_size", Json(image_size)), "crop_size", source) : side;
  out.crop_pct = share_of(out.image_size, side);
  // height and width: the whole picture at that size, whatever its sides
  if (size.is_object() && size.contains("height")) out.fit = "squash";
  return checked(out, source);
}

std::vector<std::string> timm_classes(const Json& config, int64_t count, const std::string& source) {
  const Json own = config.value("pretrained_cfg", Json::object());
  const Json names = config.contains("label_names") ? config["label_names"] : own.value("label_names", Json());
  if (names.is_null() || count == 0) return class_numbers(count);
  std::vector<std::string> classes;
  read_config(names, source + ": label_names", classes);
  require_count(classes.size(), count, "label_names", source);
  return classes;
}

std::vector<std::string> transformers_classes(const Json& config, int64_t count, const std::string& source) {
  if (count == 0) return {};  // a backbone keeps the names of the classifier that it was taken from
  if (!config.contains("id2label") || !config["id2label"].is_object()) {
    // the library's default of two classes is not stored
    return count == 2 ? std::vector<std::string>{"LABEL_0", "LABEL_1"} : class_numbers(count);
  }
  const Json& labels = config["id2label"];
  require_count(labels.size(), count, "id2label", source);
  std::vector<std::string> classes;
  for (int64_t i = 0; i < count; ++i) {
    const std::string key = std::to_string(i);
    if (!labels.contains(key) || !labels[key].is_string()) {
      throw ModelFileError(source + ": id2label has no name for class " + key);
    }
    classes.push_back(labels[key].get<std::string>());
  }
  return classes;
}

}  // namespace multipole
