#include "tasks/recipes/recipe.h"

#include <algorithm>
#include <cmath>

#include "datasets/pictures/preprocessing.h"
#include "engine/report/page.h"
#include "tasks/recipes/recipe_draft.h"

namespace multipole {
namespace {

constexpr int64_t kSizeStep = 32;
constexpr int64_t kLargestSize = 128;
constexpr int64_t kSmallPicture = 64;
constexpr int64_t kSmallSet = 5000;
// Of a class on average: with fewer a linear layer on what a large model knows is worth as much as training all of it,
// in a small part of the time.
constexpr int64_t kFewOfAClass = 100;

class Chooser {
 public:
  Chooser(const TrainingCensus& census, const RecipeOptions& options)
      : census_(census), options_(options), draft_(options, census.pictures) {}

  Recipe choose() {
    if (has_few_pictures()) {
      return probe(
          "about " + std::to_string(pictures_of_a_class()) +
          " pictures a class are few to change a model by that knows photographs, and its features are computed "
          "once; --epochs trains it");
    }
    choose_size();
    draft_.choose_batch(census_.pictures < kSmallSet ? 32 : census_.pictures < 4 * kSmallSet ? 64 : 128);
    choose_optimizer();
    choose_augmentation();
    choose_balance();
    draft_.choose_length(options_.evaluation_share);
    if (!options_.may_probe || !draft_.is_too_long()) return draft_.take();
    const std::string length = draft_.take().reasons.back();
    return probe("the minutes hold no training of all weights (" + length + "), and features are computed once");
  }

 private:
  int64_t trained_size() const {
    return config_from_json<Preprocessing>(options_.init->preprocessing, "preprocessing").image_size;
  }
  int64_t pictures_of_a_class() const {
    return census_.pictures / std::max<int64_t>(1, static_cast<int64_t>(census_.class_names.size()));
  }
  bool has_few_pictures() const {
    return options_.may_probe && trained_size() >= kPhotograph && pictures_of_a_class() < kFewOfAClass;
  }

  Recipe probe(const std::string& why) const {
    Recipe recipe{.probe = true, .settings = settings_of(*options_.init), .reasons = {}};
    recipe.reasons.push_back("a probe: " + why);
    recipe.reasons.push_back("input " + std::to_string(trained_size()) + " x " + std::to_string(trained_size()) +
                             ": what the backbone was made for");
    return recipe;
  }

  void choose_size() {
    const int64_t side = census_.median_side > 0 ? census_.median_side : kLargestSize;
    int64_t largest = kLargestSize;
    if (draft_.fine_tunes()) {
      merge_json(draft_.settings(), settings_of(*options_.init));
      if (trained_size() >= kPhotograph) return keep_size();
      largest = std::max<int64_t>(2 * trained_size(), kSizeStep);
    }
    size_ = std::clamp((side + kSizeStep - 1) / kSizeStep * kSizeStep, kSizeStep, largest);
    draft_.settings()["preprocessing"]["image_size"] = size_;
    draft_.settings()["preprocessing"]["crop_pct"] = 1.0;
    // as many levels of parameters as this size has
    draft_.settings()["model"]["backbone"]["image_size"] = size_;
    std::string why = "the median short side is " + std::to_string(census_.median_side) + " pixels";
    if (size_ == largest && side > largest) {
      why += draft_.fine_tunes() ? "; at most twice what the weights were trained at" : "; larger ones take too long";
    }
    draft_.because("input " + std::to_string(size_) + " x " + std::to_string(size_), why);
    if (!draft_.fine_tunes() && size_ > kSmallPicture && !draft_.settings()["model"]["backbone"].contains("family")) {
      draft_.settings()["model"]["backbone"]["stem_stride"] = 4;
      draft_.because("tokens of 4 pixels", "the input is larger than " + std::to_string(kSmallPicture));
    }
  }

  void keep_size() {
    size_ = trained_size();
    draft_.because(
        "input " + std::to_string(size_) + " x " + std::to_string(size_),
        "what the backbone was made for; the median short side is " + std::to_string(census_.median_side) + " pixels");
  }

  void choose_optimizer() {
    const double lr = (draft_.fine_tunes() ? 1e-3 : 3e-3) * std::sqrt(static_cast<double>(draft_.batch()) / 64.0);
    draft_.choose_optimizer(lr, draft_.fine_tunes() ? "a third of a fresh model's"
                                                    : "a fresh model, batches of " + std::to_string(draft_.batch()));
  }

  void choose_augmentation() {
    Json& augmentation = draft_.settings()["augmentation"];
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
      draft_.settings()["model"]["backbone"]["drop_path_rate"] = 0.1;
    }
    draft_.because(small_set ? "mirroring, mild crops, light, erasing; drop path 0.1" : "mirroring, mild crops, light",
                   std::to_string(census_.pictures) + " pictures" + (coloured ? "" : " without colour"));
    draft_.settings()["train"]["label_smoothing"] = census_.class_names.size() > 2 ? 0.1 : 0.05;
  }

  void choose_balance() {
    if (options_.multi_label) {
      draft_.because("each class a question of its own, the best model by mAP", "pictures have several classes");
      return;
    }
    if (census_.imbalance() < 2) return;
    draft_.settings()["data"]["balance"] = 0.5;
    draft_.settings()["objective"]["score"] = "balanced_accuracy";
    draft_.because(
        "rare classes shown more often, the best model by balanced accuracy",
        "the largest class has " + number_text(census_.imbalance(), 1) + " times the pictures of the smallest");
  }

  const TrainingCensus& census_;
  const RecipeOptions& options_;
  RecipeDraft draft_;
  int64_t size_ = 0;
};

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

}  // namespace multipole
