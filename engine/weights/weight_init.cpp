#include "engine/weights/weight_init.h"

#include <torch/utils.h>

#include <algorithm>
#include <locale>
#include <sstream>

#include "base/error.h"
#include "engine/files/model_file.h"
#include "engine/files/safetensors.h"
#include "engine/weights/key_map.h"
#include "engine/weights/weight_adaptation.h"
#include "heads/segmentation/segmentation_head.h"

namespace multipole {
namespace {

constexpr const char* kBackbonePrefix = "backbone.";
constexpr const char* kHeadPrefix = "head.";
constexpr size_t kMaxListed = 40;

const char* fate_name(WeightFate fate) {
  switch (fate) {
    case WeightFate::kLoaded:
      return "loaded";
    case WeightFate::kAdapted:
      return "adapted";
    case WeightFate::kMissing:
      return "missing";
    case WeightFate::kMismatched:
      return "mismatched";
    case WeightFate::kReplaced:
      return "replaced";
    case WeightFate::kUnused:
      return "unused";
  }
  return "";
}

std::string shape_text(const torch::Tensor& tensor) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out << tensor.sizes();
  return out.str();
}

// Whether a weight of the model's head means its classes: all of a classifier, the last layers of a segmenter.
bool answers_for_classes(const std::string& name, bool is_segmenter) {
  const std::string_view head = kHeadPrefix;
  return name.starts_with(head) && (!is_segmenter || SegmentationHead::is_classifier(name.substr(head.size())));
}

// Fills `target` where it can, and says how it went.
WeightInitEntry initialize_weight(const std::string& name, const std::map<std::string, torch::Tensor>& own,
                                  const std::map<std::string, torch::Tensor>& weights, bool keeps) {
  const torch::Tensor& target = own.at(name);
  const auto found = weights.find(name);
  const bool in_file = found != weights.end();
  if (!keeps) {
    return {in_file ? WeightFate::kReplaced : WeightFate::kMissing, name, "fresh, for classes of its own"};
  }
  if (const auto adapted = adapt_weight(name, own, weights)) {
    target.copy_(adapted->value);
    return {WeightFate::kAdapted, name, adapted->how};
  }
  if (!in_file) return {WeightFate::kMissing, name, "fresh " + shape_text(target)};
  if (found->second.sizes() != target.sizes() || found->second.is_floating_point() != target.is_floating_point()) {
    return {WeightFate::kMismatched, name, "file " + shape_text(found->second) + ", model " + shape_text(target)};
  }
  target.copy_(found->second);
  return {WeightFate::kLoaded, name, ""};
}

std::string join_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += "\n  " + line;
  return text;
}

}  // namespace

int64_t WeightInitReport::count(WeightFate fate) const {
  return std::count_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.fate == fate; });
}

std::vector<std::string> WeightInitReport::table() const {
  std::string counts;
  for (const auto fate : {WeightFate::kLoaded, WeightFate::kAdapted, WeightFate::kReplaced, WeightFate::kMissing,
                          WeightFate::kMismatched, WeightFate::kUnused}) {
    const int64_t number = count(fate);
    if (number > 0) counts += (counts.empty() ? "" : ", ") + std::to_string(number) + " " + fate_name(fate);
  }
  std::vector<std::string> lines = {"weights from " + source + ": " + counts};
  for (const auto& entry : entries) {
    if (entry.fate == WeightFate::kLoaded) continue;
    if (lines.size() > kMaxListed) {
      lines.push_back("and more");
      break;
    }
    std::string fate = fate_name(entry.fate);
    fate.resize(12, ' ');
    lines.push_back(fate + entry.name + (entry.detail.empty() ? "" : "  " + entry.detail));
  }
  return lines;
}

WeightInitReport initialize_weights(VisionModelImpl& model, const std::map<std::string, torch::Tensor>& weights,
                                    const std::string& source, const WeightInitOptions& options) {
  const torch::NoGradGuard no_grad;
  WeightInitReport report;
  report.source = source;
  const auto own = named_weights(model);
  const bool is_segmenter = dynamic_cast<const SegmentationHead*>(&model.head()) != nullptr;
  int64_t backbone_weights = 0;
  for (const auto& [name, target] : own) {
    report.entries.push_back(
        initialize_weight(name, own, weights, options.keep_head || !answers_for_classes(name, is_segmenter)));
    const auto fate = report.entries.back().fate;
    // adapted ones alone say nothing: a file with nothing but far biases is no backbone
    if (name.starts_with(kBackbonePrefix) && fate == WeightFate::kLoaded) ++backbone_weights;
  }
  for (const auto& [name, tensor] : weights) {
    if (!own.contains(name)) report.entries.push_back({WeightFate::kUnused, name, shape_text(tensor)});
  }
  if (backbone_weights == 0) {
    throw ModelFileError(
        "no weight of the model's backbone is in the file: another architecture, or other names "
        "(which a key map can translate)." +
        join_lines(report.table()));
  }
  return report;
}

WeightInitReport initialize_weights(VisionModelImpl& model, const std::filesystem::path& path,
                                    const std::vector<std::string>& class_names,
                                    const std::optional<std::filesystem::path>& key_map) {
  if (key_map) {
    const auto renamed = rename_weights(read_safetensors(path).tensors, read_json_file(*key_map), key_map->string());
    return initialize_weights(model, renamed, path.string());
  }
  if (!is_model_file(path)) return initialize_weights(model, read_safetensors(path).tensors, path.string());
  const LoadedModel loaded = load_model(path);
  WeightInitOptions options;
  options.keep_head = class_names.empty() || loaded.metadata.classes == class_names;
  return initialize_weights(model, named_weights(*loaded.model), path.string(), options);
}

}  // namespace multipole
