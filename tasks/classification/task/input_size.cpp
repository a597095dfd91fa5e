#include "tasks/classification/task/input_size.h"

#include <algorithm>

#include "base/error.h"
#include "datasets/sources/labelled_pictures.h"
#include "engine/training/data_loading.h"
#include "tasks/classification/classify_data.h"
#include "tasks/interface/open_settings.h"

namespace multipole {
namespace {

constexpr int64_t kSizeStep = 32;
constexpr int64_t kLargestSize = 224;
constexpr int64_t kPicturesMeasured = 64;
// Up to here a picture is small enough that a crop would cut its subject, and tokens of two pixels are affordable.
constexpr int64_t kSmallPicture = 64;

// Short sides of pictures spread evenly over the training split. Unreadable ones are training's to report.
std::vector<int64_t> measure_short_sides(const LabelledPictures& pictures) {
  std::vector<int64_t> sides;
  const int64_t count = std::min(kPicturesMeasured, pictures.size());
  for (int64_t i = 0; i < count; ++i) {
    try {
      const Sample sample = pictures.get(i * pictures.size() / count);
      sides.push_back(std::min(sample.image.size(0), sample.image.size(1)));
    } catch (const InputError&) {
      continue;
    }
  }
  return sides;
}

}  // namespace

int64_t input_size_for(std::vector<int64_t> short_sides) {
  if (short_sides.empty()) return kLargestSize;
  const auto middle = short_sides.begin() + static_cast<std::ptrdiff_t>(short_sides.size() / 2);
  std::nth_element(short_sides.begin(), middle, short_sides.end());
  return std::clamp((*middle + kSizeStep - 1) / kSizeStep * kSizeStep, kSizeStep, kLargestSize);
}

std::string fit_to_data(Json& settings, const std::filesystem::path& data) {
  if (has_key(settings, "preprocessing", "image_size")) return "";
  const auto config = config_from_json<ClassifyConfig>(settings, "");
  const LabelledPictures pictures(data, split_options(config.data, config.data.train_split),
                                  source_options(config.data));
  const int64_t size = input_size_for(measure_short_sides(pictures));

  set_default(settings, {"preprocessing", "image_size"}, size);
  std::string chosen = "input size " + std::to_string(size) + " by the data's median short side";
  if (size <= kSmallPicture) {
    set_default(settings, {"preprocessing", "crop_pct"}, 1.0);
    set_default(settings, {"augmentation", "random_crop", "type"}, "pad");
    return chosen + ", whole pictures";
  }
  // four pixels a token, as vision transformers of these sizes have it
  const bool is_pyramid = !has_key(settings, "model", "backbone") || !settings["model"]["backbone"].contains("family");
  if (is_pyramid && !has_key(settings, "model", "preset") &&
      set_default(settings, {"model", "backbone", "stem_stride"}, 4)) {
    chosen += ", tokens of 4 pixels";
  }
  return chosen;
}

}  // namespace multipole
