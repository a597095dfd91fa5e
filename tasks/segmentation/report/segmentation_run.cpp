#include "tasks/segmentation/report/segmentation_run.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "datasets/masks/labelled_picture.h"
#include "engine/files/model_file.h"
#include "engine/report/run_report.h"
#include "engine/report/thumbnail.h"
#include "engine/runtime/execution.h"
#include "tasks/segmentation/report/segmentation_html.h"
#include "tasks/segmentation/report/segmentation_report.h"

namespace multipole {
namespace {

constexpr int64_t kThumbnailSide = 192;

Json segmentation_warnings(const Json& report) {
  std::string unseen;
  for (const auto& row : report["per_class"]) {
    if (row["pixels"] == 0) unseen += (unseen.empty() ? "" : ", ") + row["class"].get<std::string>();
  }
  return unseen.empty() ? Json::array() : Json::array({"no pixel of these classes to measure on: " + unseen});
}

// Enough of the pixels for a thumbnail, of a picture or of its labels.
torch::Tensor thinned(const torch::Tensor& map) {
  const int64_t step = std::max<int64_t>(1, std::max(map.size(0), map.size(1)) / (4 * kThumbnailSide));
  return map.slice(0, 0, std::nullopt, step).slice(1, 0, std::nullopt, step).contiguous();
}

std::map<std::string, LabelThumbnails> make_thumbnails(const WorstPictures& worst, const Dataset& pictures,
                                                       const std::vector<PaletteColor>& palette) {
  std::map<std::string, LabelThumbnails> thumbnails;
  for (const auto& picture : worst.pictures()) {
    try {
      const Sample sample = pictures.get(picture.index);
      const auto image = thinned(sample.image);
      thumbnails[picture.path] = {
          thumbnail_uri(labelled_picture(image, thinned(sample.mask), palette), kThumbnailSide),
          thumbnail_uri(labelled_picture(image, thinned(picture.labels), palette), kThumbnailSide)};
    } catch (const InputError&) {
      continue;  // gone since it was measured: its entry stands without a picture
    }
  }
  return thumbnails;
}

}  // namespace

void report_segmentation_run(const SegmentConfig& config, const SegmentData& data, const std::filesystem::path& run,
                             TrainObserver& observer, const std::atomic<bool>* stop) {
  const Execution execution = select_execution(config.train.device, "float32", 0, kTrainDevice);
  LoadedModel loaded = load_model(run / "best.safetensors");
  prepare_inference(*loaded.model, execution);
  WorstPictures worst(loaded.model->config().num_classes);
  SegmenterEvaluationOptions how;
  how.on_batch = [&worst](const torch::Tensor& labels, const Batch& batch) { worst.update(labels, batch); };
  const auto evaluation = evaluate_segmenter(loaded.model, *data.validation, execution, stop, how);
  if (!evaluation.complete) return;

  const auto palette = model_palette(loaded.metadata.palette);
  Json report = start_run_report(run, loaded.metadata, data.fingerprint, to_json_config(config));
  report.update(segmentation_report(evaluation, worst, data.class_names));
  report["palette"] = palette_json(palette, data.class_names.size());
  report["census"] = data.train_census ? census_json(*data.train_census, data.class_names) : Json(nullptr);
  report["warnings"] = segmentation_warnings(report);
  save_run_report(run, report,
                  html_segmentation_report(report, make_thumbnails(worst, *data.validation_pictures, palette)),
                  observer);
}

}  // namespace multipole
