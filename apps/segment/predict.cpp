#include <ATen/DeviceAccelerator.h>
#include <stdlib.h>
#include <torch/types.h>

#include <filesystem>
#include <iostream>

#include "apps/common/allocator.h"
#include "apps/common/byte_size.h"
#include "apps/common/exit_code.h"
#include "apps/common/process_memory.h"
#include "apps/common/progress_bar.h"
#include "apps/common/signals.h"
#include "apps/common/text.h"
#include "apps/segment/output_names.h"
#include "apps/segment/picture_failure.h"
#include "apps/segment/picture_segmenter.h"
#include "apps/segment/segment.h"
#include "backbone/config/error.h"
#include "engine/files/atomic_file.h"

namespace multipole {
namespace {

constexpr double kShareOfSpare = 0.8;  // of the spare memory, where no limit is given

struct SegmentPredictOptions {
  std::string model, out, memory_limit, tile = "auto", device = "auto", precision = "float32";
  std::vector<std::string> inputs;
  std::optional<int64_t> overlap;
  OutputKinds kinds;
  bool allow_truncated = false;
  bool quiet = false;
  int threads = 0;
};

// Thrown between tiles once a signal came.
struct Interrupted {};

double memory_limit(const SegmentPredictOptions& options, const torch::Device& device) {
  if (!options.memory_limit.empty()) {
    return static_cast<double>(parse_byte_size(options.memory_limit, "--memory-limit"));
  }
  if (device.is_cpu())
    return static_cast<double>(resident_bytes()) + kShareOfSpare * static_cast<double>(spare_bytes());
  return kShareOfSpare * static_cast<double>(at::accelerator::getMemoryInfo(device.index()).first);
}

SegmenterOptions segmenter_options(const SegmentPredictOptions& options, const torch::Device& device) {
  SegmenterOptions out;
  out.tiles = parse_tile_options(options.tile, options.overlap);
  out.outputs = {.probability = options.kinds.probability, .uncertainty = options.kinds.uncertainty};
  out.decode.allow_truncated = options.allow_truncated;
  out.limit_bytes = memory_limit(options, device);
  return out;
}

void make_folder(const std::filesystem::path& folder) {
  std::error_code code;
  std::filesystem::create_directories(folder, code);
  if (code) throw ConfigError("--out " + folder.string() + ": " + code.message());
  remove_stale_temporaries(folder);
}

// Tells standard error how far the pictures are.
class Reporter {
 public:
  Reporter(size_t num_pictures, bool quiet, const SignalStop& stop)
      : bar_(quiet ? ProgressBar::Mode::kQuiet : ProgressBar::Mode::kAuto), num_pictures_(num_pictures), stop_(stop) {}

  PictureSegmenter::Observer observer(size_t index, const std::string& name) {
    const auto start = ProgressBar::Clock::now();
    const auto remaining = std::make_shared<RemainingTime>();
    return {[this](const std::string& text) {
              if (!bar_.is_quiet()) bar_.print(text);
            },
            [=, this](int64_t done, int64_t total) {
              const std::chrono::duration<double> seconds = ProgressBar::Clock::now() - start;
              remaining->update(done, seconds.count());
              const std::string label = std::to_string(index + 1) + " of " + std::to_string(num_pictures_);
              bar_.show(label, done, total, "tiles  " + name, remaining->seconds_left(total));
              if (stop_.requested()) throw Interrupted{};
            }};
  }
  void print(const std::string& line) { bar_.print(line); }

 private:
  ProgressBar bar_;
  size_t num_pictures_;
  const SignalStop& stop_;
};

int segment_all(const std::vector<NamedInput>& inputs, const std::vector<OutputNames>& names,
                PictureSegmenter& segmenter, AtomicFile& results, const SignalStop& stop, bool quiet) {
  Reporter reporter(inputs.size(), quiet, stop);
  PictureFailures failures;
  for (size_t i = 0; i < inputs.size(); ++i) {
    try {
      const auto observer = reporter.observer(i, inputs[i].name.string());
      results.write(json_line(segmenter.segment(inputs[i], names[i], observer)));
    } catch (const Interrupted&) {
      results.commit();
      return stop.exit_code();
    } catch (const std::exception& error) {
      const auto failure = picture_failure(error, inputs[i].path);
      if (!failure) {
        results.commit();
        throw;
      }
      failures.add(*failure);
      results.write(json_line({{"path", inputs[i].path.string()}, {"error", failure->message}}));
      reporter.print(failure->message);
    }
  }
  results.commit();
  if (!quiet) reporter.print("peak memory " + binary_byte_count(static_cast<double>(peak_resident_bytes())));
  if (failures.exit_code() != kExitDone) reporter.print(failures.summary(inputs.size()));
  return failures.exit_code();
}

// oneDNN keeps a compiled kernel for each shape that it meets, 1024 of them unless told otherwise before its first use;
// pictures of all sizes would fill that with hundreds of megabytes.
void bound_kernel_cache() { ::setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "32", /*overwrite=*/0); }

int segment_predict(const SegmentPredictOptions& options) {
  bound_kernel_cache();
  return_freed_memory();  // also what the forward passes that measure the cost leave; see choose_allocation
  use_threads(options.threads);
  const auto inputs = list_named_inputs(options.inputs, std::cin);
  const auto names = plan_outputs(inputs, options.out, options.kinds);
  const Execution execution = select_execution(options.device, options.precision);
  const SegmenterOptions settings = segmenter_options(options, execution.device);
  LoadedModel model = load_model(options.model, "segmentation");
  const SignalStop stop;
  make_folder(options.out);
  AtomicFile results(std::filesystem::path(options.out) / "results.jsonl");
  const c10::InferenceMode inference;
  PictureSegmenter segmenter(std::move(model), execution, settings);
  return segment_all(inputs, names, segmenter, results, stop, options.quiet);
}

}  // namespace

void add_segment_predict(CLI::App& parent, Run& run) {
  const auto options = std::make_shared<SegmentPredictOptions>();
  CLI::App* command = add_command(parent, "predict", "give every pixel of pictures a class",
                                  "multipole segment predict --model model.safetensors --overlay --memory-limit 2GiB "
                                  "--out maps aerial.tif photos/");
  command->add_option("--model", options->model, "model file")->required();
  command
      ->add_option("INPUT", options->inputs,
                   "files, folders (pictures at any depth, mirrored in --out), quoted globs, or - for a list on "
                   "standard input, one path a line")
      ->required();
  command
      ->add_option("--out", options->out,
                   "folder for NAME.png, a palette PNG of class ids for each picture (and NAME.tif where the picture "
                   "has a georeference), and results.jsonl")
      ->required();
  command->add_flag("--overlay", options->kinds.overlay, "also NAME.overlay.jpg: colours over the picture, a legend");
  command->add_flag("--probability", options->kinds.probability,
                    "also NAME.probability.png: that of each pixel's class, 255 for 1");
  command->add_flag("--uncertainty", options->kinds.uncertainty,
                    "also NAME.uncertainty.png: entropy of the classes, 255 where all are alike");
  command
      ->add_option("--tile", options->tile,
                   "auto (whole pictures where memory allows, else the largest tiles), none (whole), or pixels")
      ->capture_default_str();
  command->add_option("--overlap", options->overlap, "pixels that tiles share; an eighth of the tile if not given")
      ->check(CLI::Range(int64_t{0}, int64_t{1} << 20));
  command->add_option("--memory-limit", options->memory_limit,
                      "for --tile auto: what the program may take, such as 2GiB; 80% of what is free if not given");
  command->add_option("--precision", options->precision, "float32, bfloat16 (about six tenths of the memory) or auto")
      ->check(CLI::IsMember({"auto", "float32", "bfloat16"}))
      ->capture_default_str();
  command->add_flag("--allow-truncated", options->allow_truncated, "take what a damaged JPEG still shows");
  command->add_flag("--quiet", options->quiet, "no plan and no progress");
  add_device_options(*command, options->device, options->threads);
  command->callback([options, &run] { run = [options] { return segment_predict(*options); }; });
}

}  // namespace multipole
