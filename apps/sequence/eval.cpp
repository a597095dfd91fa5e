#include <memory>

#include "apps/arguments/exit_code.h"
#include "apps/output/result_output.h"
#include "apps/sequence/sequence.h"
#include "base/error.h"
#include "base/text.h"
#include "tasks/sequence/sequence_evaluation.h"
#include "tasks/sequence/sequence_file.h"

namespace multipole {
namespace {

struct EvalOptions {
  std::string model, text;
  int64_t batch_size = 16, bytes = 0;
  int threads = 0;
  bool json = false;
};

int evaluate(const EvalOptions& options) {
  use_threads(options.threads);
  SequenceModel model = load_sequence_model(options.model);
  const ByteText text = ByteText::read(options.text);
  const auto result = evaluate_sequence(model, text, options.batch_size, options.bytes);
  if (result.bytes == 0) throw InputError(options.text + " has fewer than two bytes: nothing to predict");
  print_result(
      options.json
          ? json_line({{"text", options.text}, {"bytes", result.bytes}, {"bits_per_byte", result.bits_per_byte}})
          : fixed(result.bits_per_byte, 4) + " bits a byte over " + std::to_string(result.bytes) + " bytes\n");
  return kExitDone;
}

}  // namespace

void add_sequence_eval(CLI::App& parent, Run& run) {
  const auto options = std::make_shared<EvalOptions>();
  CLI::App* command = add_command(parent, "eval", "bits a byte of a text under a language model",
                                  "multipole sequence eval --model runs/book/best.safetensors --text other.txt");
  command->add_option("--model", options->model, "model file")->required();
  command->add_option("--text", options->text, "file to score, in windows of the model's context")->required();
  command->add_option("--bytes", options->bytes, "stop after so many bytes; 0: the whole text")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--batch-size", options->batch_size, "windows at a time")
      ->check(CLI::Range(int64_t{1}, int64_t{65536}))
      ->capture_default_str();
  command->add_flag("--json", options->json, "one JSON object on standard output");
  add_threads_option(*command, options->threads);
  command->callback([options, &run] { run = [options] { return evaluate(*options); }; });
}

}  // namespace multipole
