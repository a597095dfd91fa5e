#include "tasks/sequence/sequence_state.h"

#include <torch/utils.h>

#include "engine/runtime/random_state.h"
#include "engine/training/extension.h"
#include "engine/training/resume.h"
#include "engine/training/train_tensors.h"

namespace multipole {
namespace {

struct SayingObserver : TrainObserver {
  explicit SayingObserver(const std::function<void(const std::string&)>& say) : say_(say) {}
  void on_message(const std::string& message) override { say_(message); }
  const std::function<void(const std::string&)>& say_;
};

std::map<std::string, torch::Tensor> tensors_of(const SequenceModel& model, const Optimizer& optimizer) {
  std::map<std::string, torch::Tensor> tensors;
  for (const auto& parameter : model->named_parameters()) tensors["model." + parameter.key()] = parameter->detach();
  for (const auto& [name, tensor] : optimizer.state()) tensors["optimizer." + name] = tensor;
  return tensors;
}

}  // namespace

SequenceState::SequenceState(const RunFolder& run, const Json& config, const ByteText& text)
    : run_(run), config_(config), text_(text) {}

std::optional<TrainState> SequenceState::find(const SequenceResume& resume) const {
  if (!run_.has_run()) return std::nullopt;
  auto state = load_train_state(run_.last_path(), resume.say);
  if (!state) {
    resume.say(run_.path().string() + " holds a run without a saved state: it starts anew");
    return std::nullopt;
  }
  SayingObserver observer(resume.say);
  const auto extension = check_state(*state, identity(), resume.force, observer, "/steps");
  if (extension) {
    const auto schedule = config_from_json<ScheduleConfig>(config_["schedule"], "schedule");
    resume.say(extension_note(*extension, "steps", schedule,
                              {.step = state->progress.step,
                               .steps_per_epoch = config_["eval_every"].get<int64_t>(),
                               .steps_before = extension->before,
                               .steps_now = extension->now,
                               .learning_rate = config_["optimizer"]["lr"].get<double>()}));
  }
  return state;
}

void SequenceState::save(const SequenceModel& model, const Optimizer& optimizer, const TrainProgress& progress) const {
  TrainState state = identity();
  state.progress = progress;
  state.tensors = tensors_of(model, optimizer);
  state.tensors.merge(random_state(torch::kCPU));
  save_train_state(run_.last_path(), state);
}

void SequenceState::restore(const TrainState& state, const SequenceModel& model, const Optimizer& optimizer) {
  copy_back(state.tensors, tensors_of(model, optimizer), torch::kCPU);
}

TrainState SequenceState::identity() const {
  TrainState state;
  state.config = config_;
  state.data = {{"bytes", text_.size()}, {"checksum", text_.checksum()}};
  state.build = build_description();
  return state;
}

}  // namespace multipole
