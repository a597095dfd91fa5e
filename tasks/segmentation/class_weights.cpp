#include "tasks/segmentation/class_weights.h"

#include "base/error.h"
#include "base/fields.h"
#include "heads/losses/segmentation_loss.h"

namespace multipole {

namespace {

torch::Tensor read_class_weights(const std::string& path, const std::vector<std::string>& class_names) {
  const Json json = read_json_file(path);
  if (json.size() != class_names.size()) {
    throw ConfigError(path + ": expected weights for " + std::to_string(class_names.size()) + " classes, got " +
                      std::to_string(json.size()));
  }
  std::vector<float> weights;
  for (size_t i = 0; i < class_names.size(); ++i) {
    if (json.is_object() && !json.contains(class_names[i])) {
      throw ConfigError(path + ": no weight for the class '" + class_names[i] + "'");
    }
    double weight = 0;
    read_config(json.is_object() ? json[class_names[i]] : json[i], path + ": " + class_names[i], weight);
    require(weight >= 0, path + ": " + class_names[i], "must not be negative", weight);
    weights.push_back(static_cast<float>(weight));
  }
  return torch::tensor(weights);
}

}  // namespace

torch::Tensor class_weights_for(const std::string& choice, const std::vector<std::string>& class_names,
                                const std::vector<int64_t>& class_pixels) {
  if (choice == "none") return {};
  if (choice != "auto") return read_class_weights(choice, class_names);
  if (class_pixels.empty()) {
    throw ConfigError("loss.class_weights: auto counts the pixels of each class, which takes data.census=true");
  }
  return balanced_pixel_weights(class_pixels);
}

}  // namespace multipole
