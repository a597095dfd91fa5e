#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "apps/arguments/decode_options.h"
#include "apps/arguments/exit_code.h"
#include "apps/arguments/input_list.h"
#include "apps/arguments/precision_option.h"
#include "apps/arguments/signals.h"
#include "apps/attention/attention.h"
#include "apps/attention/comparison_table.h"
#include "apps/output/counted_progress.h"
#include "apps/output/result_output.h"
#include "base/error.h"
#include "base/json_text.h"
#include "base/text.h"
#include "datasets/pictures/image_encode.h"
#include "tasks/attention_swap/attention_comparer.h"

namespace multipole {
namespace {

struct CompareOptions {
  std::string model, json, out;
  std::vector<std::string> inputs;
  ComparerOptions comparer;
  DecodeOptions decode;
  int threads = 0;
  bool quiet = false;
};

void make_folder(const std::string& folder) {
  if (folder.empty()) return;
  std::error_code code;
  std::filesystem::create_directories(folder, code);
  if (code) throw ResourceError("cannot make " + folder + ": " + code.message());
}

// Compares on one picture at every size, and draws where the models differ.
void compare_picture(AttentionComparer& comparer, const CompareOptions& options, const std::filesystem::path& path,
                     size_t index) {
  const auto picture = read_image(path, options.decode);
  for (size_t place = 0; place < comparer.comparisons().size(); ++place) {
    const auto difference = comparer.compare(picture, place);
    if (options.out.empty()) continue;
    // numbered, for two inputs may have one name
    const std::string name = pad_left(std::to_string(index), 6, '0') + "_" + path.stem().string() + "_" +
                             std::to_string(comparer.comparisons()[place].image_size()) + ".png";
    write_bytes(std::filesystem::path(options.out) / name,
                encode_png(comparer.difference_picture(picture, difference, place)));
  }
}

int compare(const CompareOptions& options) {
  use_threads(options.threads);
  const auto paths = list_inputs(options.inputs, std::cin);
  make_folder(options.out);
  AttentionComparer comparer(options.model, options.comparer);
  if (!options.quiet) std::cerr << "computing in " << comparer.execution().precision_name() << "\n";
  const SignalStop stop;
  CountedProgress progress("comparing", options.quiet);
  size_t unreadable = 0, done = 0;
  for (const auto& path : paths) {
    if (stop.requested()) break;
    try {
      compare_picture(comparer, options, path, done);
    } catch (const InputError& error) {
      ++unreadable;
      progress.clear();
      std::cerr << "error: " << error.what() << "\n";
    }
    progress.show(static_cast<int64_t>(++done), static_cast<int64_t>(paths.size()));
  }
  progress.clear();
  if (stop.requested()) std::cerr << "ended by a signal after " << done << " of " << paths.size() << " pictures\n";
  if (done > unreadable) {
    const Json result = comparer.to_json();
    print_result(comparison_table(result));
    if (!options.json.empty()) {
      ResultOutput file(options.json);
      file.write(json_text(result, 2) + "\n");
      file.finish();
    }
  }
  if (stop.requested()) return stop.exit_code();
  return unreadable > 0 ? kExitSomeBad : kExitDone;
}

}  // namespace

void add_compare_attention_command(CLI::App& program, Run& run) {
  const auto options = std::make_shared<CompareOptions>();
  CLI::App* command = add_command(
      program, "compare-attention", "measure on pictures of yours what another attention changes in a model",
      "multipole compare-attention dinov2.safetensors photos/ --size 518 --size 1036\n"
      "  multipole compare-attention vit.safetensors photo.jpg --size 1024 --out differences "
      "--attention '{\"type\": \"multipole2d\", \"hot\": 128}'");
  command->add_option("MODEL", options->model, "model file whose backbone is a vit: imported, or trained from one")
      ->required();
  command
      ->add_option("INPUT", options->inputs,
                   "files, folders (pictures at any depth), quoted globs, or - for a list on standard input")
      ->required();
  command
      ->add_option("--attention", options->comparer.attention,
                   "what takes the place of the model's own attention: a type, or JSON with its fields")
      ->option_text("TYPE|JSON")
      ->capture_default_str();
  command
      ->add_option("--size", options->comparer.sizes,
                   "side in pixels of what the models see, several times for several; the model's own and twice it if "
                   "not given")
      ->check(CLI::Range(int64_t{1}, int64_t{16384}));
  command->add_option("--json", options->json, "write all figures to this file");
  command->add_option("--out", options->out,
                      "folder for a picture of each input and size: dark where features are as before, yellow where "
                      "their cosine to those is 0.8 or less");
  command->add_flag("--quiet", options->quiet, "no progress on standard error");
  add_decode_options(*command, options->decode);
  add_precision_option(*command, options->comparer.precision, kDevicePrecision);
  add_device_options(*command, options->comparer.device, options->threads);
  command->callback([options, &run] { run = [options] { return compare(*options); }; });
}

}  // namespace multipole
