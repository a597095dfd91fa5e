#include <filesystem>
#include <iostream>
#include <set>

#include "apps/arguments/attention_option.h"
#include "apps/arguments/byte_size.h"
#include "apps/arguments/decode_options.h"
#include "apps/arguments/fingerprint.h"
#include "apps/arguments/precision_option.h"
#include "apps/arguments/signals.h"
#include "apps/output/result_output.h"
#include "apps/segment/area_table.h"
#include "apps/segment/file_segmenter.h"
#include "apps/segment/list_segmenter.h"
#include "apps/segment/output_names.h"
#include "apps/segment/result_log.h"
#include "apps/segment/segment.h"
#include "apps/segment/tile_check_table.h"
#include "apps/segment/vector_arguments.h"
#include "base/checksum.h"
#include "base/error.h"
#include "base/packed_strings.h"
#include "engine/distributed/process_group.h"
#include "engine/files/atomic_file.h"
#include "engine/runtime/allocator.h"
#include "engine/runtime/execution.h"
#include "tasks/segmentation/prediction/segmenter.h"
#include "tasks/segmentation/view/leaflet.h"

namespace multipole {
namespace {

struct SegmentPredictOptions {
  std::string model, out, attention, memory_limit, tile = "auto", device = "auto", precision = "float32";
  std::vector<std::string> inputs;
  std::optional<int64_t> overlap;
  OutputKinds kinds;
  VectorArguments vector;
  DecodeOptions decode;
  bool areas = false;
  bool resume = false;
  bool quiet = false;
  int threads = 0;
};

// By the headers of a few of the pictures; those that cannot be read count nothing.
int64_t expected_pixels(const std::vector<NamedInput>& inputs, const DecodeOptions& decode) {
  constexpr size_t kMostOpened = 32;
  const size_t step = (inputs.size() + kMostOpened - 1) / kMostOpened;
  int64_t pixels = 0;
  for (size_t i = 0; i < inputs.size(); i += step) {
    try {
      const auto picture = open_picture_rows(inputs[i].path, decode);
      pixels += picture->height() * picture->width();
    } catch (const InputError&) {
    }
  }
  return pixels * static_cast<int64_t>(step);
}

SegmenterOptions segmenter_options(const SegmentPredictOptions& options, int64_t local_rank) {
  SegmenterOptions out;
  out.local_rank = local_rank;
  out.device = options.device;
  out.tiles = parse_tile_options(options.tile, options.overlap);
  const bool has_vector = !options.vector.target.empty();  // whose regions have a mean probability
  out.outputs = {.probability = options.kinds.probability || options.kinds.view || has_vector,
                 .uncertainty = options.kinds.uncertainty};
  out.decode = options.decode;
  out.attention = options.attention;
  if (!options.memory_limit.empty()) out.memory_limit = parse_byte_size(options.memory_limit, "--memory-limit");
  return out;
}

// Makes the folder, and takes away what a run that was killed left in it and below.
void make_folder(const std::filesystem::path& folder, const std::vector<OutputNames>& names) {
  std::error_code code;
  std::filesystem::create_directories(folder, code);
  if (code) throw ConfigError("--out " + folder.string() + ": " + code.message());
  std::set<std::filesystem::path> folders = {folder};
  for (const auto& name : names) folders.insert(name.map.parent_path());
  for (const auto& each : folders) remove_stale_temporaries(each);
}

// What the files of a picture come from, beside the picture. How much memory there is, the device and the number of
// threads are left out: they may move single pixels, and who goes on after a failure may have to change them.
std::string settings_text(const SegmentPredictOptions& options, const std::string& precision) {
  Json settings = {{"version", MULTIPOLE_VERSION},
                   {"model", content_fingerprint(options.model)},
                   {"precision", precision},
                   {"tile", options.tile},
                   {"overlap", options.overlap.value_or(-1)},
                   {"overlay", options.kinds.overlay},
                   {"legend", options.kinds.legend},
                   {"probability", options.kinds.probability},
                   {"uncertainty", options.kinds.uncertainty},
                   {"vector", options.vector.text()},
                   {"allow_truncated", options.decode.allow_truncated}};
  if (options.kinds.view) settings["view"] = true;
  if (options.kinds.tile_check) settings["tile_check"] = true;
  if (!options.attention.empty()) settings["attention"] = options.attention;
  if (options.decode.bands.any()) settings["bands"] = options.decode.bands.chosen;
  return settings.dump();
}

std::vector<std::string> picture_fingerprints(const std::vector<NamedInput>& inputs,
                                              const std::vector<OutputNames>& names, const std::string& settings) {
  std::vector<std::string> all;
  for (size_t i = 0; i < inputs.size(); ++i) {
    all.push_back(input_fingerprint(settings + '\0' + names[i].map.native(), inputs[i].path));
  }
  return all;
}

// A run that goes on stays with the precision of the one before; asked where the user leaves it open.
std::string precision_of_before(const SegmentPredictOptions& options, const std::filesystem::path& results,
                                const std::vector<NamedInput>& inputs, const std::vector<OutputNames>& names) {
  if (!options.resume) return options.precision;
  for (const std::string precision : {"float32", "bfloat16"}) {
    const auto fingerprints = picture_fingerprints(inputs, names, settings_text(options, precision));
    if (ResultLog::has_any(results, fingerprints)) return precision;
  }
  return options.precision;
}

void check_same(const ProcessGroup& group, const std::vector<std::string>& fingerprints) {
  group.expect_same("the pictures, the model or the settings",
                    static_cast<int64_t>(checksum(pack_strings(fingerprints))));
}

int segment_predict(const SegmentPredictOptions& options) {
  bound_kernel_caches();
  return_freed_memory();  // also what the forward passes that measure the cost leave; see choose_allocation
  use_threads(options.threads);
  const auto inputs = list_named_inputs(options.inputs, std::cin);
  OutputKinds kinds = options.kinds;
  kinds.vector = vector_target(options.vector, inputs.size());
  const VectorOptions vector = vector_options(options.vector);
  const auto names = plan_outputs(inputs, options.out, kinds);
  if (options.kinds.view) find_leaflet();  // to fail early
  const ProcessPlace place = process_place_from_environment();
  const ProcessGroup group(place);
  // for errors in the words of the options
  select_execution(options.device, options.precision, place.local_rank);
  const auto results_path = std::filesystem::path(options.out) / "results.jsonl";
  const auto open = [&](const std::string& precision) {
    SegmenterOptions chosen = segmenter_options(options, place.local_rank);
    chosen.precision = precision == "auto" ? precision_of_before(options, results_path, inputs, names) : precision;
    if (chosen.precision == "auto") chosen.expected_pixels = expected_pixels(inputs, options.decode) / group.size();
    return Segmenter(options.model, chosen);
  };
  const Segmenter segmenter = open_in_one_precision(group, options.precision, open);
  if (options.precision == "auto" && group.is_first() && !options.quiet) {
    std::cerr << precision_line(segmenter.precision(), segmenter.precision_times()) << "\n";
  }
  const SignalStop stop;
  auto fingerprints = picture_fingerprints(inputs, names, settings_text(options, segmenter.precision()));
  check_same(group, fingerprints);
  std::optional<ResultLog> results;
  if (group.is_first()) {
    make_folder(options.out, names);
    results.emplace(results_path, fingerprints, [&](size_t i) { return options.resume && are_there(names[i]); });
    if (options.resume && !options.quiet) {
      std::cerr << "resuming: " << results->num_kept() << " of " << inputs.size() << " pictures are done\n";
    }
  }
  const FileSegmenter files(segmenter, vector);
  const int code =
      ListSegmenter(files, std::move(fingerprints), results ? &*results : nullptr, group, stop, options.quiet)
          .run(inputs, names);
  if (options.areas && group.is_first()) {
    write_area_table(results_path, std::filesystem::path(options.out) / "areas.csv");
  }
  if (options.kinds.tile_check && group.is_first()) print_result(tile_check_table(results_path));
  return code;
}

}  // namespace

void add_segment_predict(CLI::App& parent, Run& run) {
  const auto options = std::make_shared<SegmentPredictOptions>();
  CLI::App* command = add_command(parent, "predict", "give every pixel of pictures a class",
                                  "multipole segment predict --model model.safetensors --overlay --view --memory-limit "
                                  "2GiB --out maps aerial.tif photos/");
  command->add_option("--model", options->model, "model file")->required();
  add_attention_option(*command, options->attention);
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
  command->add_flag("--overlay", options->kinds.overlay, "also NAME.overlay.jpg: colours over the picture");
  command->add_flag("--legend", options->kinds.legend, "also NAME.legend.svg: colour, name and share of each class");
  command->add_flag("--probability", options->kinds.probability,
                    "also NAME.probability.png: that of each pixel's class, 255 for 1");
  command->add_flag("--uncertainty", options->kinds.uncertainty,
                    "also NAME.uncertainty.png: entropy of the classes, 255 where all are alike");
  command->add_flag(
      "--view", options->kinds.view,
      "also NAME.view/index.html, a page to look at the map with (with --uncertainty that, too): open it in "
      "a browser, from the disk; needs libjs-leaflet");
  add_vector_options(*command, options->vector);
  command->add_flag("--areas", options->areas,
                    "also areas.csv: pixels and, where the raster's unit is known, square metres of each class of each "
                    "picture");
  command->add_flag("--check-tiles", options->kinds.tile_check,
                    "measure how far maps in tiles agree with those of whole pictures, or of the part in the middle "
                    "that memory holds; also NAME.tiles.png: where they differ. Tiles are those of --tile, or of the "
                    "plan, or half a picture; takes about two to three times as long");
  command
      ->add_option(
          "--tile", options->tile,
          "auto (whole where memory allows and no side is above 4096 pixels, for a model without nominal reach "
          "above 768 pixels and twice the model's own; else the largest such tiles), none (whole), or pixels")
      ->capture_default_str();
  command->add_option("--overlap", options->overlap, "pixels that tiles share; an eighth of the tile if not given")
      ->check(CLI::Range(int64_t{0}, int64_t{1} << 20));
  command->add_option("--memory-limit", options->memory_limit,
                      "for --tile auto: what the program may take, such as 2GiB; 80% of what is free if not given");
  add_precision_option(*command, options->precision,
                       std::string(kFasterPrecision) + "; bfloat16 takes about six tenths of the memory");
  add_decode_options(*command, options->decode);
  add_model_bands_option(*command, options->decode);
  command->add_flag("--resume", options->resume,
                    "go on with an earlier run into --out: pictures whose line and files are there, of the same input, "
                    "model and settings, are skipped");
  command->add_flag("--quiet", options->quiet, "no plan and no progress");
  add_device_options(*command, options->device, options->threads);
  command->callback([options, &run] { run = [options] { return segment_predict(*options); }; });
}

}  // namespace multipole
