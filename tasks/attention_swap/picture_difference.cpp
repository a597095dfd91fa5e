#include "tasks/attention_swap/picture_difference.h"

#include <chrono>
#include <map>
#include <utility>

#include "engine/bench/device_wait.h"
#include "engine/runtime/tensor_memory.h"
#include "tasks/attention_swap/observed_calls.h"

namespace multipole {
namespace {

struct Answer {
  BackboneOutput features;
  torch::Tensor classes;
};

torch::Tensor classes_of(const torch::Tensor& logits) {
  const auto classes = logits.argmax(1).to(torch::kCPU);
  return logits.dim() == 4 ? classes.squeeze(0) : classes;
}

Answer answer_of(VisionModel& model, const torch::Tensor& images) {
  Answer answer;
  answer.features = model->backbone()->forward_all(images);
  if (model->config().num_classes == 0) return answer;
  const auto read = model->reads_embedding() ? std::vector{answer.features.embedding.unsqueeze(-1).unsqueeze(-1)}
                                             : answer.features.maps;
  answer.classes = classes_of(model->head().forward(read, {images.size(2), images.size(3)}));
  return answer;
}

double squared_norm(const torch::Tensor& tensor) { return tensor.to(torch::kDouble).square().sum().item<double>(); }

// Of numbers along `dim`, in float32.
torch::Tensor cosine(const torch::Tensor& a, const torch::Tensor& b, int64_t dim) {
  return torch::cosine_similarity(a.to(torch::kFloat), b.to(torch::kFloat), dim);
}

}  // namespace

PictureDifference picture_difference(VisionModel& reference, VisionModel& swapped, const torch::Tensor& images,
                                     const Execution& execution) {
  const c10::InferenceMode inference;
  const AutocastGuard autocast(execution);
  PictureDifference difference;
  std::map<std::string, Attention*> others;
  swapped->backbone()->visit_attention(
      [&](const AttentionPlace& place, Attention& attention) { others[place.name] = &attention; });
  const auto compare = [&](const AttentionPlace& place, const AttentionCall& call) {
    const auto other = others.at(place.name)->forward_sequence(call.input.clone(), call.grid);
    difference.tokens = call.grid.height * call.grid.width;
    difference.blocks.push_back(
        {.name = place.name, .difference = squared_norm(other - call.output), .reference = squared_norm(call.output)});
  };
  const auto on_device = images.to(execution.device);
  Answer expected;
  {
    const ObservedCalls observed(reference, compare);
    expected = answer_of(reference, on_device);
  }
  const Answer found = answer_of(swapped, on_device);
  difference.embedding_cosine = cosine(found.features.embedding, expected.features.embedding, 1).item<double>();
  difference.patch_cosine =
      cosine(found.features.maps.back(), expected.features.maps.back(), 1).squeeze(0).to(torch::kCPU).contiguous();
  difference.reference_classes = expected.classes;
  difference.classes = found.classes;
  return difference;
}

PassCost pass_cost(VisionModel& model, const torch::Tensor& images, const Execution& execution) {
  const c10::InferenceMode inference;
  const AutocastGuard autocast(execution);
  const auto on_device = images.to(execution.device);
  wait_for(execution.device);
  std::chrono::duration<double> seconds{};
  const int64_t bytes = peak_tensor_bytes([&] {
    const auto start = std::chrono::steady_clock::now();
    answer_of(model, on_device);
    wait_for(execution.device);
    seconds = std::chrono::steady_clock::now() - start;
  });
  return {.seconds = seconds.count(), .bytes = bytes};
}

}  // namespace multipole
