#include <memory>
#include <string_view>

#include "apps/arguments/exit_code.h"
#include "apps/output/result_output.h"
#include "apps/sequence/sequence.h"
#include "tasks/sequence/sequence_file.h"
#include "tasks/sequence/sequence_sampler.h"

namespace multipole {
namespace {

struct SampleCommand {
  std::string model, prompt;
  SampleOptions options;
  int threads = 0;
};

int sample(const SampleCommand& command) {
  use_threads(command.threads);
  SequenceModel model = load_sequence_model(command.model);
  print_result(command.prompt);
  sample_text(model, command.prompt, command.options, [](char byte) { print_result(std::string_view(&byte, 1)); });
  print_result("\n");
  return kExitDone;
}

}  // namespace

void add_sequence_sample(CLI::App& parent, Run& run) {
  const auto options = std::make_shared<SampleCommand>();
  CLI::App* command = add_command(parent, "sample", "let a language model go on with a text",
                                  "multipole sequence sample --model runs/book/best.safetensors --prompt 'It was'");
  command->add_option("--model", options->model, "model file")->required();
  command->add_option("--prompt", options->prompt, "text to go on with");
  command->add_option("--length", options->options.length, "bytes to make")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--temperature", options->options.temperature, "0 takes the likeliest byte, 1 samples as learnt")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  command->add_option("--seed", options->options.seed, "other seed, other text")->capture_default_str();
  add_threads_option(*command, options->threads);
  command->callback([options, &run] { run = [options] { return sample(*options); }; });
}

}  // namespace multipole
