#include <filesystem>
#include <memory>

#include "apps/arguments/exit_code.h"
#include "apps/bench/bench.h"
#include "apps/bench/bench_report.h"
#include "apps/bench/data_bench.h"
#include "apps/output/counted_progress.h"
#include "apps/output/result_output.h"
#include "base/text.h"

namespace multipole {
namespace {

struct DataOptions {
  DataBenchConfig config;
  std::string json;
};

const std::vector<Column>& data_columns() {
  static const std::vector<Column> list = {{"data", 24, true}, {"transform", 9, true}, {"workers", 7}, {"pictures", 10},
                                           {"images/s", 10},   {"median", 10},         {"MB/s", 9},    {"vs first", 8}};
  return list;
}

std::string name_of(const std::filesystem::path& data) {
  return (data.has_filename() ? data : data.parent_path()).filename().string();
}

std::string row_text(const DataRow& row) {
  return table_row(data_columns(), {name_of(row.what.data), row.what.transform, std::to_string(row.what.workers),
                                    with_commas(row.pictures), fixed(row.best_images, 0), fixed(row.median_images, 0),
                                    fixed(row.best_bytes * 1e-6, 1), fixed(row.speedup_over_first, 2) + "x"});
}

Json row_json(const DataRow& row) {
  return {{"data", row.what.data},
          {"transform", row.what.transform},
          {"workers", row.what.workers},
          {"pictures", row.pictures},
          {"images_per_second", row.best_images},
          {"images_per_second_median", row.median_images},
          {"decoded_bytes_per_second", row.best_bytes},
          {"speedup_over_first", row.speedup_over_first}};
}

Json settings_json(const DataBenchConfig& config) {
  return {{"split", config.split},
          {"batch_size", config.batch_size},
          {"image_size", config.image_size},
          {"rounds", config.rounds},
          {"seconds", config.seconds}};
}

int bench_data(const DataOptions& options) {
  const Json machine = bench_machine();
  CountedProgress progress("round", options.json == "-");
  const auto rows = run_data_bench(options.config, [&](int64_t round) { progress.show(round, options.config.rounds); });
  progress.clear();
  if (options.json != "-") {
    std::string table = machine_line(machine) + "\nbatches of " + std::to_string(options.config.batch_size) + " at " +
                        std::to_string(options.config.image_size) +
                        " pixels; MB of decoded pixels; the fastest round decides\n\n" + table_header(data_columns());
    for (const auto& row : rows) table += row_text(row);
    print_result(table);
  }
  if (options.json.empty()) return kExitDone;
  Json json = {{"machine", machine}, {"settings", settings_json(options.config)}, {"rows", Json::array()}};
  for (const auto& row : rows) json["rows"].push_back(row_json(row));
  ResultOutput output(options.json);
  output.write(json_line(json));
  output.finish();
  return kExitDone;
}

}  // namespace

void add_bench_data(CLI::App& parent, Run& run) {
  const auto options = std::make_shared<DataOptions>();
  DataBenchConfig& config = options->config;
  CLI::App* command = add_command(parent, "data", "pictures a second of the loader alone, of several data side by side",
                                  "multipole bench data photos photos.tar photos.pack --workers 0 2 4");
  command->add_option("data", config.data, data_option_help())->required();
  command->add_option("--split", config.split, "which pictures")->capture_default_str();
  command->add_option("--transforms", config.transforms, "train (augmentation's defaults), eval (resize and crop)")
      ->check(CLI::IsMember(bench_transforms()))
      ->capture_default_str();
  command->add_option("--workers", config.workers, "threads that load; 0: the caller's own")
      ->check(CLI::Range(int64_t{0}, int64_t{256}))
      ->capture_default_str();
  command->add_option("--batch-size", config.batch_size, "pictures at a time")
      ->check(CLI::Range(int64_t{1}, int64_t{65536}))
      ->capture_default_str();
  command->add_option("--image-size", config.image_size, "side of the pictures in a batch, in pixels")
      ->check(CLI::Range(int64_t{1}, int64_t{65536}))
      ->capture_default_str();
  command->add_option("--rounds", config.rounds, "times that all cases take turns")
      ->check(CLI::Range(int64_t{1}, int64_t{1000}))
      ->capture_default_str();
  command->add_option("--seconds", config.seconds, "a round of a case")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--json", options->json, "also write the figures to this file; - for standard output");
  command->callback([options, &run] { run = [options] { return bench_data(*options); }; });
}

}  // namespace multipole
