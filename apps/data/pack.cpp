#include <algorithm>
#include <iostream>
#include <memory>

#include "apps/arguments/decode_options.h"
#include "apps/arguments/exit_code.h"
#include "apps/arguments/signals.h"
#include "apps/data/data.h"
#include "apps/data/pack_input.h"
#include "apps/output/counted_progress.h"
#include "base/error.h"
#include "base/ordered_parallel.h"
#include "base/text.h"
#include "datasets/augmentation/joint_augmentation.h"
#include "datasets/formats/pack_writer.h"
#include "datasets/pictures/resize.h"
#include "engine/files/atomic_file.h"

namespace multipole {
namespace {

struct PackOptions {
  std::string data, data_root, out;
  std::string on_error = "fail";
  SourceOptions source;
  MaskSettings masks;
  int64_t size = 0;
  int64_t workers = 2;
  bool quiet = false;
};

// A picture ready to be written, or why there is none.
struct Prepared {
  Sample sample;
  std::string reason;
};

// The shorter side becomes `size`; smaller pictures stay as they are.
void shrink(Sample& sample, int64_t size) {
  sample.image = sample.image.contiguous();
  const int64_t height = sample.image.size(0), width = sample.image.size(1), side = std::min(height, width);
  if (size == 0 || side <= size) return;
  const auto scaled = [&](int64_t length) { return (length * size + side / 2) / side; };
  const CropBox whole{.top = 0, .left = 0, .height = scaled(height), .width = scaled(width)};
  sample.image = resize(sample.image, whole.height, whole.width, Interpolation::kBilinear);
  if (sample.mask.defined()) sample.mask = resize_mask(sample.mask, whole.height, whole.width, whole);
}

Prepared prepare(const PackItem& item, int64_t size) {
  try {
    Sample sample = item.read();
    shrink(sample, size);
    return {std::move(sample), ""};
  } catch (const InputError& error) {
    return {{}, error.what()};
  }
}

ByteView bytes_of(const torch::Tensor& tensor) {
  if (!tensor.defined()) return {};
  return {tensor.data_ptr<uint8_t>(), static_cast<size_t>(tensor.numel())};
}

PackRecord record_of(const Sample& sample, const PackItem& item) {
  PackRecord record;
  record.name = item.name;
  record.image = bytes_of(sample.image);
  record.mask = bytes_of(sample.mask);
  record.height = sample.image.size(0);
  record.width = sample.image.size(1);
  record.label = item.label;
  record.split = item.split;
  return record;
}

int pack(PackOptions options) {
  options.source.root = options.data_root;
  const PackInput input = open_pack_input(options.data, options.source, options.masks);
  const SignalStop stop;
  CountedProgress progress("pack", options.quiet);
  AtomicFile file(options.out);
  const std::string note = options.size > 0 ? "shorter side at most " + std::to_string(options.size) : "original sizes";
  PackWriter writer([&](const void* data, size_t size) { file.write(data, size); }, note, input.class_names,
                    input.splits);
  const auto total = static_cast<int64_t>(input.items.size());
  int64_t num_bad = 0;
  ordered_parallel<Prepared>(
      total, options.workers,
      [&](int64_t index) { return prepare(input.items[static_cast<size_t>(index)], options.size); },
      [&](int64_t index, Prepared prepared) {
        if (prepared.reason.empty()) {
          writer.add(record_of(prepared.sample, input.items[static_cast<size_t>(index)]));
        } else if (options.on_error == "fail") {
          throw InputError(prepared.reason + "; " + kSkipAdvice);
        } else {
          ++num_bad;
          progress.clear();
          std::cerr << "left out: " << prepared.reason << "\n";
        }
        progress.show(index + 1, total);
        return !stop.requested();
      });
  progress.clear();
  if (stop.requested()) return stop.exit_code();
  writer.finish();
  file.commit();
  progress.print(options.out + ": " + std::to_string(writer.size()) + " pictures of " +
                 std::to_string(input.class_names.size()) + " classes, " +
                 byte_count(static_cast<double>(writer.bytes_written())));
  return num_bad == 0 ? kExitDone : kExitSomeBad;
}

}  // namespace

void add_data_pack(CLI::App& parent, Run& run) {
  const auto options = std::make_shared<PackOptions>();
  CLI::App* command =
      add_command(parent, "pack", "decode pictures once into a file that training reads as fast as memory",
                  "multipole data pack photos --out photos.pack --size 256");
  command->add_option("data", options->data, data_option_help())->required();
  command->add_option("--data-root", options->data_root, data_root_option_help());
  command->add_option("--out", options->out, "file to write")->required();
  command->add_option("--size", options->size, "shrink the shorter side to this many pixels; 0 keeps the sizes")
      ->check(CLI::Range(int64_t{0}, int64_t{65536}))
      ->capture_default_str();
  add_mask_options(*command, options->masks);
  command->add_option("--on-error", options->on_error, "unreadable pictures: fail at the first, or skip and count")
      ->check(CLI::IsMember({"fail", "skip"}))
      ->capture_default_str();
  add_decode_options(*command, options->source.decode);
  command->add_option("--workers", options->workers, "threads that decode pictures")
      ->check(CLI::Range(int64_t{1}, int64_t{256}))
      ->capture_default_str();
  command->add_flag("--quiet", options->quiet, "no progress on standard error");
  command->callback([options, &run] { run = [options] { return pack(*options); }; });
}

}  // namespace multipole
