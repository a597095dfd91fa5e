#include <memory>

#include "apps/arguments/exit_code.h"
#include "apps/bench/bench.h"
#include "apps/bench/bench_report.h"
#include "apps/bench/model_bench.h"
#include "apps/output/result_output.h"
#include "backbone/registry.h"
#include "base/text.h"

namespace multipole {
namespace {

struct ModelOptions {
  ModelBenchConfig config;
  std::string json;
  int threads = 0;
};

const std::vector<Column>& model_columns() {
  static const std::vector<Column> list = {
      {"preset", 16, true}, {"image", 5},   {"batch", 5},      {"precision", 9, true}, {"attention", 9, true},
      {"pass", 9, true},    {"ms min", 10}, {"ms median", 10}, {"images/s", 9},        {"extra MB", 9}};
  return list;
}

std::string row_text(const ModelRow& row) {
  const ModelCase& what = row.what;
  std::vector<std::string> cells = {
      what.preset, std::to_string(what.image_size), std::to_string(what.batch_size), what.precision, what.attention,
      what.pass};
  if (!row.skipped.empty()) {
    cells.push_back(row.skipped);
  } else {
    cells.insert(cells.end(), {fixed(row.timing.minimum * 1e3, 1), fixed(row.timing.median * 1e3, 1),
                               fixed(row.images_a_second, row.images_a_second < 10 ? 3 : 1),
                               row.extra_bytes ? fixed(*row.extra_bytes * 1e-6, 0) : ""});
  }
  return table_row(model_columns(), cells);
}

Json row_json(const ModelRow& row) {
  const ModelCase& what = row.what;
  Json json = {{"preset", what.preset},       {"image_size", what.image_size}, {"batch_size", what.batch_size},
               {"precision", what.precision}, {"attention", what.attention},   {"pass", what.pass}};
  if (!row.skipped.empty()) {
    json["skipped"] = row.skipped;
    return json;
  }
  json.update(Json{{"seconds_min", row.timing.minimum},
                   {"seconds_median", row.timing.median},
                   {"runs", row.timing.runs},
                   {"images_per_second", row.images_a_second}});
  json["extra_bytes"] = row.extra_bytes ? Json(*row.extra_bytes) : Json(nullptr);
  return json;
}

int bench_model(const ModelOptions& options) {
  use_threads(options.threads);
  for (const auto& preset : options.config.presets) {
    if (!names_model_file(preset)) preset_config(preset);
  }
  const Json machine = bench_machine();
  const bool table = options.json != "-";
  if (table) {
    print_result(machine_line(machine) + "\nthe fastest run after a warm-up decides; train: " +
                 options.config.optimizer + "\n\n" + table_header(model_columns()));
  }
  const auto rows = ModelBench(options.config).run([&](const ModelRow& row) {
    if (table) print_result(row_text(row));
  });
  if (options.json.empty()) return kExitDone;
  Json json = {{"machine", machine},
               {"optimizer", options.config.optimizer},
               {"device", options.config.device},
               {"rows", Json::array()}};
  for (const auto& row : rows) json["rows"].push_back(row_json(row));
  ResultOutput output(options.json);
  output.write(json_line(json));
  output.finish();
  return kExitDone;
}

}  // namespace

void add_bench_model(CLI::App& parent, Run& run) {
  const auto options = std::make_shared<ModelOptions>();
  ModelBenchConfig& config = options->config;
  CLI::App* command = add_command(
      parent, "model", "images a second of whole models: fused kernels, plain ATen, attention to all tokens",
      "multipole bench model --presets multipole_nano --image-sizes 32 --batch-sizes 128 --passes train");
  const CLI::Range any_size(int64_t{1}, int64_t{65536});
  command->add_option("--presets", config.presets, "backbone presets, or model files (*.safetensors)")
      ->capture_default_str();
  command->add_option("--image-sizes", config.image_sizes, "sides of the square pictures in pixels, ascending")
      ->check(any_size)
      ->capture_default_str();
  command->add_option("--batch-sizes", config.batch_sizes, "pictures at a time")
      ->check(any_size)
      ->capture_default_str();
  command->add_option("--precisions", config.precisions, "float32, bfloat16 (mixed)")
      ->check(CLI::IsMember({"float32", "bfloat16"}))
      ->capture_default_str();
  command
      ->add_option("--attentions", config.attentions,
                   "fused (the preset's, fastest kernels), reference (the same in plain ATen), full (SDPA instead)")
      ->check(CLI::IsMember(bench_attentions()))
      ->capture_default_str();
  command->add_option("--passes", config.passes, "inference, features (the four maps), train (a whole step)")
      ->check(CLI::IsMember(bench_passes()))
      ->capture_default_str();
  command->add_option("--optimizer", config.optimizer, "of the training step: adamw, sgd or muon")
      ->check(CLI::IsMember({"adamw", "sgd", "muon"}))
      ->capture_default_str();
  command->add_option("--device", config.device, "cpu, cuda, or auto (CUDA where there is one)")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
      ->capture_default_str();
  command->add_option("--classes", config.num_classes, "of a preset's head")->check(any_size)->capture_default_str();
  add_threads_option(*command, options->threads);
  command->add_option("--seconds", config.seconds, "repeat each call for so long")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--max-seconds", config.max_seconds, "leave out what would take longer a call")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--json", options->json, "also write the figures to this file; - for standard output");
  command->callback([options, &run] { run = [options] { return bench_model(*options); }; });
}

}  // namespace multipole
