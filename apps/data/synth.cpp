#include <iostream>
#include <memory>

#include "apps/arguments/exit_code.h"
#include "apps/data/data.h"
#include "datasets/synthetic/synthetic_writer.h"

namespace multipole {
namespace {

struct SynthOptions {
  SyntheticConfig config;
  std::string out;
};

int synthesize(const SynthOptions& options) {
  options.config.validate("data synth");
  write_synthetic(options.config, options.out);
  std::cerr << options.config.train_images << " training and " << options.config.val_images
            << " validation pictures of " << options.config.num_classes << " classes in " << options.out << "\n";
  return kExitDone;
}

}  // namespace

void add_data_synth(CLI::App& parent, Run& run) {
  const auto options = std::make_shared<SynthOptions>();
  CLI::App* command = add_command(parent, "synth", "draw pictures with exact labels, for tests and tutorials",
                                  "multipole data synth --out figures --classes 10 --train 2000 --val 400 --size 64");
  SyntheticConfig& config = options->config;
  command->add_option("--out", options->out, "folder to write, new or empty")->required();
  command->add_option("--kind", config.kind, "classify, segment or long_range")
      ->check(CLI::IsMember({"classify", "segment", "long_range"}))
      ->capture_default_str();
  command->add_option("--classes", config.num_classes, "classes (long_range has 2)")->capture_default_str();
  command->add_option("--train", config.train_images, "training pictures")->capture_default_str();
  command->add_option("--val", config.val_images, "validation pictures")->capture_default_str();
  command->add_option("--size", config.image_size, "height and width in pixels")->capture_default_str();
  command->add_option("--seed", config.seed, "other seed, other pictures")->capture_default_str();
  command->callback([options, &run] { run = [options] { return synthesize(*options); }; });
}

}  // namespace multipole
