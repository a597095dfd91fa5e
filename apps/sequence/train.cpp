#include <cmath>
#include <iostream>
#include <memory>

#include "apps/arguments/exit_code.h"
#include "apps/arguments/run_settings.h"
#include "apps/arguments/signals.h"
#include "apps/output/result_output.h"
#include "apps/sequence/sequence.h"
#include "base/text.h"
#include "engine/distributed/process_place.h"
#include "tasks/sequence/sequence_training.h"

namespace multipole {
namespace {

struct TrainOptions {
  std::string text, out, config;
  std::vector<std::string> sets;
  int threads = 0;
  bool force = false;
  bool quiet = false;
};

// One line an evaluation on standard error.
class SequenceReport : public TrainObserver {
 public:
  SequenceReport(const SequenceTrainConfig& config, bool quiet) : config_(config), quiet_(quiet) {}

  void on_start(const TrainPlan& plan) override { num_parameters_ = plan.num_parameters; }
  void on_epoch_end(const EpochReport& report) override {
    const double bytes_per_second = report.images_per_second * static_cast<double>(config_.model.context);
    on_message("step " + std::to_string(report.step) + "/" + std::to_string(config_.steps) + "  train " +
               fixed(report.train_loss, 3) + "  val " + fixed(report.metrics["bits_per_byte"].get<double>(), 3) +
               " bits a byte" + (report.is_best ? " (best)  " : "  ") + fixed(bytes_per_second, 0) + " bytes/s");
  }
  void on_message(const std::string& message) override {
    if (!quiet_) std::cerr << message << "\n";
  }

  int64_t num_parameters() const { return num_parameters_; }

 private:
  const SequenceTrainConfig& config_;
  bool quiet_;
  int64_t num_parameters_ = 0;
};

int train(const TrainOptions& options) {
  use_threads(options.threads);
  Json settings = options.config.empty() ? Json::object() : read_json_file(options.config);
  for (const auto& assignment : options.sets) set_by_path(settings, assignment);
  const auto config = config_from_json<SequenceTrainConfig>(settings, "");
  const ByteText text = ByteText::read(options.text);
  SequenceReport report(config, options.quiet);
  ResumeOptions resume;
  resume.force = options.force;
  const SignalStop stop;
  const auto training = open_sequence_training(config, text);
  const TrainResult result = train_opened(*training, options.out, report, resume, stop.flag());
  if (!std::isnan(result.best_score)) {
    print_result("best " + fixed(-result.best_score, 4) + " bits a byte, " +
                 fixed(static_cast<double>(report.num_parameters()) / 1e6, 2) +
                 " M parameters: " + result.best_model.string() + "\n");
  }
  if (result.stop_reason != StopReason::kStopToken) return kExitDone;
  if (process_place_from_environment().is_first()) {
    report.on_message("stopped after step " + std::to_string(result.num_steps) +
                      "; the same command goes on from here");
  }
  return stop.exit_code();
}

}  // namespace

void add_sequence_train(CLI::App& parent, Run& run) {
  const auto options = std::make_shared<TrainOptions>();
  CLI::App* command = add_command(parent, "train", "train a language model on the bytes of any file",
                                  "multipole sequence train --text book.txt --out runs/book --set steps=500");
  command->add_option("--text", options->text, "file to learn; its end is kept to evaluate on")->required();
  command->add_option("--out", options->out, "run folder: config, metrics, best model, state to resume")->required();
  command->add_option("--config", options->config, "JSON file, such as configs/sequence/full.json");
  add_set_option(*command, options->sets, "model.context=512");
  add_threads_option(*command, options->threads);
  command->add_flag("--force", options->force, "go on with a run although its config or text changed");
  command->add_flag("--quiet", options->quiet, "no progress on standard error");
  command->callback([options, &run] { run = [options] { return train(*options); }; });
}

}  // namespace multipole
