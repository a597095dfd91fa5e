#include "datasets/synthetic/synthetic.h"

#include <algorithm>

#include "base/sample_random.h"
#include "datasets/synthetic/synthetic_figures.h"

namespace multipole {

namespace {

int64_t count(const std::vector<std::string>& names) { return static_cast<int64_t>(names.size()); }

int64_t num_figure_kinds() { return count(figure_shapes()) * count(figure_textures()) * count(figure_colors()); }

// Neighbouring classes differ in shape and colour first, so that a small number of classes is told apart easily.
Figure class_figure(int64_t label) {
  const int64_t shapes = count(figure_shapes()), textures = count(figure_textures());
  Figure figure;
  figure.shape = label % shapes;
  figure.texture = label / shapes % textures;
  figure.color = (label + label / (shapes * textures)) % count(figure_colors());
  return figure;
}

void place(Figure& figure, int64_t image_size, double smallest, double largest, SampleRandom& random) {
  const auto size = static_cast<double>(image_size);
  figure.radius = size * random.uniform(smallest, largest);
  figure.center_x = random.uniform(figure.radius, size - figure.radius);
  figure.center_y = random.uniform(figure.radius, size - figure.radius);
  figure.angle = random.uniform(-0.4, 0.4);
}

Sample draw_classify(const SyntheticConfig& config, int64_t label, SampleRandom& random) {
  Sample sample;
  sample.image = draw_ground(config.image_size, random);
  Figure figure = class_figure(label);
  place(figure, config.image_size, 0.22, 0.42, random);
  draw_figure(sample.image, sample.mask, figure, 0, random);
  sample.label = label;
  return sample;
}

Sample draw_segment(const SyntheticConfig& config, SampleRandom& random) {
  Sample sample;
  sample.image = draw_ground(config.image_size, random);
  sample.mask = torch::zeros({config.image_size, config.image_size}, torch::kUInt8);
  const int64_t num_figures = 2 + random.below(4);
  for (int64_t i = 0; i < num_figures; ++i) {
    Figure figure;
    figure.shape = random.below(config.num_classes - 1);
    figure.texture = random.below(count(figure_textures()));
    figure.color = random.below(count(figure_colors()));
    place(figure, config.image_size, 0.12, 0.28, random);
    draw_figure(sample.image, sample.mask, figure, static_cast<uint8_t>(figure.shape + 1), random);
  }
  return sample;
}

// Two marks, each of either of two colours: bars along opposite sides. Label 0: they share a colour, 1: they do not.
// What sums up local features knows the colours' counts 0, 1 or 2, which no threshold parts: it is right for at most
// three pictures in four.
Sample draw_long_range(const SyntheticConfig& config, int64_t label, SampleRandom& random) {
  constexpr int64_t kSquare = 1;
  constexpr double kHalfSide = 0.7;  // of a square of radius 1
  Sample sample;
  sample.image = draw_ground(config.image_size, random);
  const auto size = static_cast<double>(config.image_size);
  const int64_t first_color = random.below(2);
  const bool upright = random.below(2) == 1;
  for (int64_t end = 0; end < 2; ++end) {
    // a square as large as the picture, of which a bar shows
    Figure mark{.shape = kSquare, .color = (first_color + end * label) % 2, .radius = size / kHalfSide};
    const double shown = size * random.uniform(0.12, 0.22), center = end == 0 ? shown - size : 2 * size - shown;
    mark.center_x = upright ? center : size / 2;
    mark.center_y = upright ? size / 2 : center;
    draw_figure(sample.image, sample.mask, mark, 0, random);
  }
  sample.label = label;
  return sample;
}

}  // namespace

void SyntheticConfig::validate(const std::string& where) const {
  const std::vector<std::string> kinds = {"classify", "segment", "long_range"};
  if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) {
    throw ConfigError(where + ".kind: unknown value '" + kind + "'" + suggest_name(kind, kinds));
  }
  const int64_t most = kind == "classify" ? num_figure_kinds() : kind == "segment" ? count(figure_shapes()) + 1 : 2;
  require(num_classes >= 2 && num_classes <= most, where + ".num_classes",
          "must be from 2 to " + std::to_string(most) + " for " + kind, num_classes);
  require(image_size >= 16 && image_size <= 8192, where + ".image_size", "must be from 16 to 8192", image_size);
  require(train_images >= num_classes, where + ".train_images", "must be at least the number of classes", train_images);
  require(val_images >= num_classes, where + ".val_images", "must be at least the number of classes", val_images);
}

std::vector<std::string> synthetic_class_names(const SyntheticConfig& config) {
  if (config.kind == "long_range") return {"same_color", "different_color"};
  std::vector<std::string> names;
  if (config.kind == "segment") names.emplace_back("background");
  for (int64_t label = 0; static_cast<int64_t>(names.size()) < config.num_classes; ++label) {
    const Figure figure = class_figure(label);
    const std::string& shape = figure_shapes()[figure.shape];
    names.push_back(config.kind == "segment"
                        ? shape
                        : figure_colors()[figure.color] + "_" + figure_textures()[figure.texture] + "_" + shape);
  }
  return names;
}

SyntheticDataset::SyntheticDataset(const SyntheticConfig& config, const std::string& split)
    : config_(config), split_(split), size_(split == "train" ? config.train_images : config.val_images) {
  config_.validate("synthetic");
  if (split != "train" && split != "val") {
    throw ConfigError("synthetic data has the splits train and val, not '" + split + "'");
  }
}

Sample SyntheticDataset::get(int64_t index) const {
  const uint64_t part = split_ == "train" ? 0 : 1;
  SampleRandom random(static_cast<uint64_t>(config_.seed), part, static_cast<uint64_t>(index), RandomStream::kDraw);
  const int64_t label = index % config_.num_classes;
  Sample sample = config_.kind == "classify"  ? draw_classify(config_, label, random)
                  : config_.kind == "segment" ? draw_segment(config_, random)
                                              : draw_long_range(config_, label, random);
  sample.path = path(index);
  return sample;
}

std::string SyntheticDataset::path(int64_t index) const {
  return "synthetic:" + config_.kind + "/" + split_ + "/" + std::to_string(index);
}

}  // namespace multipole
