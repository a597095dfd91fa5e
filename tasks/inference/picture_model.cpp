#include "tasks/inference/picture_model.h"

#include "base/fields.h"
#include "datasets/pictures/read_picture.h"
#include "datasets/pictures/rgb_picture.h"
#include "engine/runtime/side_by_side.h"
#include "engine/runtime/thread_count.h"
#include "engine/weights/attention_swap.h"
#include "tasks/inference/precision_choice.h"

namespace multipole {
namespace {

Execution checked_execution(const PictureModelOptions& options) {
  require(options.threads >= 0, "threads", "must not be negative", options.threads);
  require(options.batch_size >= 1, "batch_size", "must be at least 1", options.batch_size);
  require(options.image_size >= 0, "image_size", "must not be negative", options.image_size);
  require(options.expected_pictures >= 0, "expected_pictures", "must not be negative", options.expected_pictures);
  return select_execution(options.device, options.precision, options.local_rank, "device", "precision");
}

Preprocessing chosen_preprocessing(const ModelMetadata& metadata, int64_t image_size) {
  auto preprocessing = config_from_json<Preprocessing>(metadata.preprocessing, "preprocessing");
  if (image_size > 0) preprocessing.image_size = image_size;
  return preprocessing;
}

}  // namespace

PictureModel::PictureModel(const std::filesystem::path& path, Load load, const PictureModelOptions& options)
    : options_(options),
      execution_(checked_execution(options)),
      loaded_(swap_attention(load(path), options.attention, "attention")),
      preprocessing_(chosen_preprocessing(loaded_.metadata, options.image_size)),
      normalizer_(preprocessing_) {
  options_.decode = reading_for(preprocessing_, options.decode);
  if (options.precision != "auto") {
    prepare_inference(*loaded_.model, execution_);
    return;
  }
  const ThreadCount threads(options.threads);
  precision_times_ = choose_precision(loaded_.model, execution_,
                                      {.count = options.expected_pictures,
                                       .batch_size = options.batch_size,
                                       .channels = preprocessing_.channels(),
                                       .height = preprocessing_.image_size,
                                       .width = preprocessing_.image_size});
}

const Backbone& PictureModel::backbone() const {
  const VisionModelImpl& model = *loaded_.model;
  return model.backbone();
}

torch::Tensor PictureModel::read(const std::filesystem::path& path) const {
  return with_library_errors([&] { return read_with_notes(path).pixels; });
}

DecodedImage PictureModel::read_with_notes(const std::filesystem::path& path) const {
  return read_picture(path, options_.decode);
}

std::vector<PictureModel::ReadPicture> PictureModel::read_several(size_t begin, size_t end, const Read& read) const {
  const ThreadCount threads(options_.threads);
  std::vector<ReadPicture> pictures;
  side_by_side<ReadPicture>(
      static_cast<int64_t>(end - begin),
      [&](int64_t& index) -> ReadPicture {
        try {
          DecodedImage picture = read(begin + static_cast<size_t>(index));
          return {resized(picture.pixels), std::move(picture.notes), {}};
        } catch (const InputError& error) {
          return {{}, {}, error.what()};
        }
      },
      [&](ReadPicture picture) { pictures.push_back(std::move(picture)); });
  return pictures;
}

torch::Tensor PictureModel::resized(const torch::Tensor& picture) const {
  return resize_center_crop(rgb_picture(picture, preprocessing_.channels()), preprocessing_);
}

torch::Tensor PictureModel::batch(const std::vector<torch::Tensor>& pictures) const {
  const auto count = static_cast<int64_t>(pictures.size()), numbers = pictures.front().numel();
  const torch::Tensor& first = pictures.front();
  const int64_t channels = normalizer_.channels();
  torch::Tensor images = torch::empty({count, first.size(0), first.size(1), channels}, torch::kFloat);
  for (int64_t i = 0; i < count; ++i) {
    normalizer_.write(pictures[static_cast<size_t>(i)], images.data_ptr<float>() + i * numbers);
  }
  return images.permute({0, 3, 1, 2});
}

}  // namespace multipole
