#include <algorithm>
#include <memory>

#include "apps/arguments/decode_options.h"
#include "apps/arguments/exit_code.h"
#include "apps/arguments/mask_settings.h"
#include "apps/arguments/signals.h"
#include "apps/data/check_report.h"
#include "apps/data/data.h"
#include "apps/data/mask_report.h"
#include "apps/output/counted_progress.h"
#include "apps/output/result_output.h"
#include "base/text.h"
#include "datasets/sources/all_pictures.h"
#include "engine/training/band_measure.h"

namespace multipole {
namespace {

struct CheckOptions {
  std::string data, json;
  SourceOptions source;
  MaskSettings masks;
  std::string data_root;
  int64_t workers = 2;
  bool quiet = false;
};

Json with_bands(Json json, const CheckOptions& options) {
  if (options.source.decode.bands.any()) json["bands"] = to_json_config(options.source.decode.bands);
  return json;
}

void write_report(const CheckOptions& options, const std::string& text, const Json& json) {
  if (options.json != "-") print_result(text);
  if (options.json.empty()) return;
  ResultOutput output(options.json);
  output.write(json_line(json));
  output.finish();
}

// Of rasters, what their bands hold: the pictures are scaled by it, and the lines go before the report.
std::string measure(BandScaling& bands, const std::vector<std::filesystem::path>& pictures, int64_t workers) {
  if (!bands.any()) return "";
  Preprocessing found;
  std::string text;
  for (const auto& line : measure_into(
           {.bands = bands.chosen, .pictures = [&] { return pictures; }, .decode = {}, .seed = 0, .workers = workers},
           found)) {
    text += line + "\n";
  }
  bands = found.bands;
  return text;
}

int check_labelled(CheckOptions options, CountedProgress& progress, const SignalStop& stop) {
  options.source.root = options.data_root;
  std::vector<std::filesystem::path> pictures;
  if (options.source.decode.bands.any()) {
    const auto listed = open_picture_source(options.data, options.source);
    for (const auto& each : list_all_pictures(*listed).pictures) pictures.emplace_back(listed->path(each.picture));
  }
  const std::string bands = measure(options.source.decode.bands, pictures, options.workers);
  const auto source = open_picture_source(options.data, options.source);
  const DataCensus census = take_census(
      *source, options.workers, [&](int64_t done, int64_t total) { progress.show(done, total); }, stop.flag());
  progress.clear();
  if (!census.complete) return stop.exit_code();
  write_report(options, bands + census_text(census, *source), with_bands(census_json(census, *source), options));
  if (!census.bad.empty()) return kExitSomeBad;
  return census.data.problems.empty() ? kExitDone : kExitUsage;
}

int check_masks(CheckOptions options, CountedProgress& progress, const SignalStop& stop) {
  std::vector<std::filesystem::path> pictures;
  for (const auto& split : options.source.decode.bands.any() ? segmentation_splits(options.data, options.masks.layout)
                                                             : std::vector<std::string>()) {
    const auto listed = open_segmentation_data(options.data, {.layout = options.masks.layout, .split = split},
                                               options.masks.over({}), options.source.decode);
    for (auto& picture : listed->pictures()) pictures.push_back(std::move(picture));
  }
  // a raster with blocks in both splits is measured once
  std::ranges::sort(pictures);
  const auto repeated = std::ranges::unique(pictures);
  pictures.erase(repeated.begin(), repeated.end());
  const std::string bands = measure(options.source.decode.bands, pictures, options.workers);
  const MaskCensusOptions how{.layout = options.masks.layout,
                              .masks = options.masks.over({}),
                              .decode = options.source.decode,
                              .num_workers = options.workers};
  const MaskCensus census = take_mask_census(
      options.data, how, [&](int64_t done, int64_t total) { progress.show(done, total); }, stop.flag());
  progress.clear();
  if (!census.complete) return stop.exit_code();
  write_report(options, bands + mask_census_text(census, options.data),
               with_bands(mask_census_json(census, options.data), options));
  if (census.num_bad() > 0) return kExitSomeBad;
  return census.problems.empty() && !census.lacks_classes() ? kExitDone : kExitUsage;
}

int check(const CheckOptions& options) {
  const SignalStop stop;
  CountedProgress progress("check", options.quiet);
  return is_segmentation_data(options.data) ? check_masks(options, progress, stop)
                                            : check_labelled(options, progress, stop);
}

}  // namespace

void add_data_check(CLI::App& parent, Run& run) {
  const auto options = std::make_shared<CheckOptions>();
  CLI::App* command =
      add_command(parent, "check",
                  "read every picture and mask; report what is unreadable or no class, class counts, sizes, and "
                  "look-alikes across splits",
                  "multipole data check photos --json report.json");
  command->add_option("data", options->data, data_option_help())->required();
  command->add_option("--data-root", options->data_root, data_root_option_help());
  command->add_option("--json", options->json, "also write the result as JSON to this file; - for standard output");
  add_decode_options(*command, options->source.decode);
  add_bands_option(*command, options->source.decode.bands.chosen,
                   "those to look at; what they hold and how many of the pixels hold no data is told");
  add_mask_options(*command, options->masks);
  command->add_option("--workers", options->workers, "threads that decode pictures")
      ->check(CLI::Range(int64_t{1}, int64_t{256}))
      ->capture_default_str();
  command->add_flag("--quiet", options->quiet, "no progress on standard error");
  command->callback([options, &run] { run = [options] { return check(*options); }; });
}

}  // namespace multipole
