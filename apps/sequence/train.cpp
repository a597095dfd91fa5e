#include <cmath>
#include <iostream>
#include <memory>

#include "apps/arguments/exit_code.h"
#include "apps/arguments/run_settings.h"
#include "apps/arguments/signals.h"
#include "apps/output/result_output.h"
#include "apps/sequence/sequence.h"
#include "base/text.h"
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

int train(const TrainOptions& options) {
  use_threads(options.threads);
  Json settings = options.config.empty() ? Json::object() : read_json_file(options.config);
  for (const auto& assignment : options.sets) set_by_path(settings, assignment);
  const auto config = config_from_json<SequenceTrainConfig>(settings, "");
  const ByteText text = ByteText::read(options.text);
  const auto report = [&](const SequenceProgress& progress) {
    if (options.quiet) return;
    std::cerr << "step " << progress.step << "/" << config.steps << "  train " << fixed(progress.train_bits_per_byte, 3)
              << "  val " << fixed(progress.val_bits_per_byte, 3) << " bits a byte"
              << (progress.is_best ? " (best)  " : "  ") << fixed(progress.bytes_per_second, 0) << " bytes/s\n";
  };
  const SignalStop stop;
  const SequenceResume resume{.force = options.force, .say = [&](const std::string& line) {
                                if (!options.quiet) std::cerr << line << "\n";
                              }};
  const SequenceTrainResult result = train_sequence(config, text, options.out, report, stop.flag(), resume);
  print_result("best " + fixed(result.best_bits_per_byte, 4) + " bits a byte, " +
               fixed(static_cast<double>(result.num_parameters) / 1e6, 2) +
               " M parameters: " + result.best_model.string() + "\n");
  return result.stopped ? stop.exit_code() : static_cast<int>(kExitDone);
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
  command->add_option("--threads", options->threads, "CPU threads; 0 for one a core")->check(CLI::Range(0, 1024));
  command->add_flag("--force", options->force, "go on with a run although its config or text changed");
  command->add_flag("--quiet", options->quiet, "no progress on standard error");
  command->callback([options, &run] { run = [options] { return train(*options); }; });
}

}  // namespace multipole
