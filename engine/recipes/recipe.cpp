#include "engine/recipes/recipe.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "backbone/pyramid_config.h"
#include "backbone/registry.h"
#include "datasets/preprocessing.h"
#include "engine/report/page.h"

namespace multipole {
namespace {

constexpr const char* kPreset = "multipole_nano";
constexpr int64_t kReferenceSize = 32;
constexpr double kReferenceSpeed = 290;  // pictures a second; 305 were measured, some go to evaluation and augmentation
constexpr int64_t kSizeStep = 32;
constexpr int64_t kLargestSize = 128;
constexpr int64_t kSmallPicture = 64;
constexpr int64_t kSmallSet = 5000;

class Chooser {
 public:
  Chooser(const TrainingCensus& census, const RecipeOptions& options) : census_(census), options_(options) {}

  Recipe choose() {
    choose_size();
    choose_length();
    choose_optimizer();
    choose_augmentation();
    choose_balance();
    return recipe_;
  }

 private:
  void because(const std::string& what, const std::string& why) { recipe_.reasons.push_back(what + ": " + why); }
  bool fine_tunes() const { return options_.init.has_value(); }

  PyramidConfig backbone() const {
    Json config = preset_config(kPreset);
    if (fine_tunes()) config = options_.init->architecture.backbone;
    if (recipe_.settings.contains("model")) merge_json(config, recipe_.settings["model"]["backbone"]);
    return config_from_json<PyramidConfig>(config, "model.backbone");
  }

  void choose_size() {
    const int64_t side = census_.median_side > 0 ? census_.median_side : kLargestSize;
    int64_t largest = kLargestSize;
    if (fine_tunes()) {
      const auto trained = config_from_json<Preprocessing>(options_.init->preprocessing, "preprocessing").image_size;
      largest = std::max<int64_t>(2 * trained, kSizeStep);
      merge_json(recipe_.settings, settings_of(*options_.init));
    }
    size_ = std::clamp((side + kSizeStep - 1) / kSizeStep * kSizeStep, kSizeStep, largest);
    recipe_.settings["preprocessing"]["image_size"] = size_;
    recipe_.settings["preprocessing"]["crop_pct"] = 1.0;
    // as many levels of parameters as this size has
    recipe_.settings["model"]["backbone"]["image_size"] = size_;
    std::string why = "the median short side is " + std::to_string(census_.median_side) + " pixels";
    if (size_ == largest && side > largest) {
      why += fine_tunes() ? "; at most twice what the weights were trained at" : "; larger ones take too long";
    }
    because("input " + std::to_string(size_) + " x " + std::to_string(size_), why);
    if (!fine_tunes() && size_ > kSmallPicture) {
      recipe_.settings["model"]["backbone"]["stem_stride"] = 4;
      because("tokens of 4 pixels", "the input is larger than " + std::to_string(kSmallPicture));
    }
  }

  void choose_length() {
    Json& train = recipe_.settings["train"];
    const int64_t pictures = std::max<int64_t>(1, census_.pictures);
    const double per_second = expected_images_per_second(backbone(), size_);
    const double affordable = options_.minutes * 60 * per_second / static_cast<double>(pictures);
    const double most = fine_tunes() ? 100 : 200;
    epochs_ = std::llround(std::clamp(std::floor(affordable), 3.0, most));
    train["epochs"] = epochs_;
    because(std::to_string(epochs_) + " epochs",
            "about " + number_text(static_cast<double>(epochs_ * pictures) / per_second / 60, 1) + " of " +
                number_text(options_.minutes, 0) + " minutes at some " + number_text(per_second, 0) +
                " pictures a second on two cores");
    const int64_t wanted = pictures < kSmallSet ? 32 : pictures < 4 * kSmallSet ? 64 : 128;
    batch_ = std::clamp<int64_t>(static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(pictures))) / 4, 1, wanted);
    train["batch_size"] = batch_;
    because("batches of " + std::to_string(batch_),
            std::to_string(pictures) + " pictures: " + std::to_string(std::max<int64_t>(1, pictures / batch_)) +
                " steps an epoch");
    train["patience"] = std::max<int64_t>(10, epochs_ / 3);
    const double steps = static_cast<double>(epochs_ * std::max<int64_t>(1, pictures / batch_));
    train["ema"]["decay"] = std::clamp(1 - 15 / steps, 0.9, 0.999);
  }

  void choose_optimizer() {
    Json& train = recipe_.settings["train"];
    const double scale = std::sqrt(static_cast<double>(batch_) / 64.0);
    const double lr = (fine_tunes() ? 1e-3 : 3e-3) * scale;
    train["optimizer"] = {{"type", "muon"}, {"lr", lr}, {"weight_decay", 0.05}};
    train["schedule"] = {{"type", "cosine"}, {"warmup_epochs", std::min(3.0, 0.1 * static_cast<double>(epochs_))}};
    because("muon, learning rate " + number_text(lr, 5),
            fine_tunes() ? "a third of a fresh model's" : "a fresh model, batches of " + std::to_string(batch_));
    if (!fine_tunes()) return;
    train["fine_tune"]["layer_decay"] = 0.9;
    train["fine_tune"]["head_epochs"] = epochs_ >= 8 ? 1 : 0;
    because("each layer at 0.9 of the next one's rate" + std::string(epochs_ >= 8 ? ", the head alone first" : ""),
            "what the weights know is to be changed less than what they do not");
  }

  void choose_augmentation() {
    Json& augmentation = recipe_.settings["augmentation"];
    const bool small_set = census_.pictures < kSmallSet;
    augmentation["horizontal_flip"] = 0.5;
    if (size_ <= kSmallPicture && census_.median_side <= size_) {
      augmentation["random_crop"] = {{"type", "pad"}, {"padding", size_ / 8}, {"padding_mode", "reflect"}};
    } else {
      augmentation["random_crop"] = {{"type", "random_resized"}, {"scale", {0.5, 1.0}}};
    }
    const bool coloured = census_.gray_share < 0.5;
    augmentation["color_jitter"] = {{"brightness", 0.2}, {"contrast", 0.2}, {"saturation", coloured ? 0.2 : 0.0}};
    if (small_set) {
      augmentation["random_erasing"] = {{"probability", 0.1}};
      recipe_.settings["model"]["backbone"]["drop_path_rate"] = 0.1;
    }
    because(small_set ? "mirroring, mild crops, light, erasing; drop path 0.1" : "mirroring, mild crops, light",
            std::to_string(census_.pictures) + " pictures" + (coloured ? "" : " without colour"));
    recipe_.settings["train"]["label_smoothing"] = census_.class_names.size() > 2 ? 0.1 : 0.05;
  }

  void choose_balance() {
    if (options_.multi_label) {
      because("each class a question of its own, the best model by mAP", "pictures have several classes");
      return;
    }
    if (census_.imbalance() < 2) return;
    recipe_.settings["data"]["balance"] = 0.5;
    recipe_.settings["objective"]["score"] = "balanced_accuracy";
    because("rare classes shown more often, the best model by balanced accuracy",
            "the largest class has " + number_text(census_.imbalance(), 1) + " times the pictures of the smallest");
  }

  const TrainingCensus& census_;
  const RecipeOptions& options_;
  Recipe recipe_;
  int64_t size_ = 0, epochs_ = 0, batch_ = 0;
};

// Multiplications of the blocks' linear layers for one picture.
double linear_cost(const PyramidConfig& backbone, int64_t image_size) {
  double cost = 0;
  for (int64_t stage = 0; stage < kNumStages; ++stage) {
    const auto side = std::ceil(static_cast<double>(image_size) / static_cast<double>(backbone.stride(stage)));
    const auto width = static_cast<double>(backbone.embed_dims[stage]);
    cost += side * side * static_cast<double>(backbone.depths[stage]) * (4 + 2 * backbone.mlp_ratio) * width * width;
  }
  return cost;
}

}  // namespace

Recipe choose_recipe(const TrainingCensus& census, const RecipeOptions& options) {
  return Chooser(census, options).choose();
}

Json settings_of(const ModelMetadata& init) {
  Json settings = Json::object();
  settings["model"]["preset"] = init.architecture.preset;
  settings["model"]["backbone"] = init.architecture.backbone;
  settings["preprocessing"] = init.preprocessing;
  return settings;
}

double expected_images_per_second(const PyramidConfig& backbone, int64_t image_size) {
  const auto reference = config_from_json<PyramidConfig>(preset_config(kPreset), kPreset);
  return kReferenceSpeed * linear_cost(reference, kReferenceSize) / linear_cost(backbone, image_size);
}

}  // namespace multipole
