// A study's task made of what the tasks of training have alike: a config, a way to resolve it, data and a training.
#pragma once

#include <string>
#include <utility>

#include "base/error.h"
#include "tasks/study/study_task.h"

namespace multipole {

// Resolve: Config -> Config with every default. Open: the data of a config, with a loader `validation`. Train: a run.
template <class Config, auto Resolve, auto Open, auto Train>
class StudyTaskOf : public StudyTask {
 public:
  explicit StudyTaskOf(std::string score_name) : score_name_(std::move(score_name)) {}

  std::string score_name() const override { return score_name_; }

  ModelConfig model(const StudyConfig& study, const StudyVariant& variant) const override {
    const Config config = run_config(study, variant, 0);
    try {
      return Resolve(config).model;
    } catch (const ConfigError& error) {
      throw ConfigError("variant " + variant.name + ": " + error.what());
    }
  }

  TrainResult train(const StudyConfig& study, const StudyVariant& variant, int64_t seed,
                    const std::filesystem::path& data, const std::filesystem::path& run, TrainObserver& observer,
                    const std::atomic<bool>* stop) const override {
    return Train(run_config(study, variant, seed), data, run, observer, {}, stop);
  }

  torch::Tensor pictures(const StudyConfig& study, const StudyVariant& variant,
                         const std::filesystem::path& data) const override {
    const auto opened = Open(run_config(study, variant, 0), data);
    opened.validation->start_epoch(0, 0);
    const auto batch = opened.validation->next();
    return batch && batch->size() > 0 ? batch->images : torch::Tensor();
  }

 private:
  static Config run_config(const StudyConfig& study, const StudyVariant& variant, int64_t seed) {
    return config_from_json<Config>(study_run_config(study, variant, seed), "variant " + variant.name);
  }

  std::string score_name_;
};

}  // namespace multipole
