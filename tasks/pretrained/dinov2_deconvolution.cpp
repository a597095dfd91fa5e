#include <algorithm>

#include "tasks/pretrained/origin_preprocessing.h"
#include "tasks/pretrained/transformers_layout.h"
#include "tasks/pretrained/translations.h"

namespace multipole {
namespace {

std::vector<int64_t> widths_of(const PublishedModel& model) {
  std::vector<int64_t> widths;
  read_config(model.config.value("decoder_widths", Json()), model.source + ": config.json: decoder_widths", widths);
  if (!widths.empty()) return widths;
  throw ModelFileError(model.source + ": config.json: decoder_widths must have an entry");
}

// A transposed convolution and the batch norm after it, as it is in evaluation: one layer.
void fold_batch_norm(WeightTranslation& weights, const std::string& own, int64_t layer, int64_t in_channels,
                     int64_t width, double eps) {
  const std::string conv = "decoder.upconv" + std::to_string(layer), norm = "decoder.bn" + std::to_string(layer);
  const auto take = [&](const std::string& name, const std::vector<int64_t>& shape) {
    return weights.take(name, shape).to(torch::kDouble);
  };
  const auto scale = take(norm + ".weight", {width}) / (take(norm + ".running_var", {width}) + eps).sqrt();
  const auto weight = take(conv + ".weight", {in_channels, width, 4, 4}) * scale.view({1, width, 1, 1});
  const auto bias =
      (take(conv + ".bias", {width}) - take(norm + ".running_mean", {width})) * scale + take(norm + ".bias", {width});
  weights.set(own + ".weight", weight.to(torch::kFloat32));
  weights.set(own + ".bias", bias.to(torch::kFloat32));
}

// One answer x is the logits (0, x) of two classes: the softmax over them is the sigmoid of x.
torch::Tensor with_zero_class(const torch::Tensor& rows) {
  return rows.size(0) > 1 ? rows : torch::cat({torch::zeros_like(rows), rows});
}

}  // namespace

TranslatedModel translate_dinov2_deconvolution(const PublishedModel& model) {
  const auto widths = widths_of(model);
  const double eps = model.config.value("decoder_batch_norm_eps", 1e-5);
  const auto last = model.weights.find("decoder.final_conv.weight");
  const int64_t answers = last == model.weights.end() || last->second.dim() == 0 ? 1 : last->second.size(0);
  PublishedModel backbone = model;
  backbone.config["model_type"] = "dinov2";
  backbone.config.erase("id2label");
  TranslatedModel out = translate_dinov2(backbone);
  out.architecture = model.config["model_type"].get<std::string>();
  out.classes = transformers_classes(model.config, std::max<int64_t>(answers, 2), model.source);
  out.head = {{"type", "deconvolution"},
              {"channels", widths.back()},
              {"widths", std::vector<int64_t>(widths.begin(), widths.end() - 1)},
              {"norm", false}};
  const int64_t embed_dim = out.backbone["embed_dim"].get<int64_t>();
  out.fill = [fill_backbone = out.fill, widths, eps, answers, embed_dim](WeightTranslation& weights) {
    fill_backbone(weights);
    int64_t channels = embed_dim, layer = 0;
    for (const int64_t width : widths) {
      ++layer;
      fold_batch_norm(weights, "head.deconvolution_" + std::to_string(layer), layer, channels, width, eps);
      channels = width;
    }
    weights.set("head.classifier.weight",
                with_zero_class(weights.take("decoder.final_conv.weight", {answers, channels})));
    weights.set("head.classifier.bias", with_zero_class(weights.take("decoder.final_conv.bias", {answers})));
  };
  return out;
}

}  // namespace multipole
