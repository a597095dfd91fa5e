#include <memory>

#include "apps/arguments/exit_code.h"
#include "apps/bench/bench.h"
#include "apps/bench/bench_report.h"
#include "apps/bench/op_bench.h"
#include "apps/bench/op_report.h"
#include "apps/output/result_output.h"
#include "backbone/multipole/quadtree.h"
#include "base/error.h"
#include "base/text.h"
#include "engine/runtime/execution.h"

namespace multipole {
namespace {

struct OpOptions {
  OpBenchConfig config;
  std::string variant = "log-linear", dtype = "float32", device = "cpu", json, svg;
  int threads = 0;
};

OpBenchConfig resolve(const OpOptions& options) {
  OpBenchConfig config = options.config;
  OpCase& shape = config.shape;
  shape.linear = options.variant == "linear";
  shape.dtype = c10::ScalarType::Float;
  if (options.dtype == "bfloat16") shape.dtype = c10::ScalarType::BFloat16;
  if (options.dtype == "float16") shape.dtype = c10::ScalarType::Half;
  shape.device = select_execution(options.device, "float32").device;
  if (shape.dtype == c10::ScalarType::Half && shape.device.is_cpu()) {
    throw ConfigError("--dtype float16 needs --device cuda; processors are measured in float32 and bfloat16");
  }
  const int64_t subcells = subcells_per_side(shape.rank);
  if (subcells == 0 || subcells > shape.cell) {
    throw ConfigError("--rank " + std::to_string(shape.rank) +
                      ": must be a perfect square of at most cell * cell = " + std::to_string(shape.cell * shape.cell));
  }
  return config;
}

void write_file(const std::string& path, const std::string& text) {
  ResultOutput output(path);
  output.write(text);
  output.finish();
}

int bench_op(const OpOptions& options) {
  use_threads(options.threads);
  const OpBenchConfig config = resolve(options);
  OpBench bench(config);
  const Json machine = bench_machine();
  const bool table = options.json != "-" && options.svg != "-";
  if (table) print_result(op_preamble(config, bench.limits(), machine));
  const auto rows = bench.run([&](const OpRow& row) {
    if (table) print_result(op_row_text(row, bench.limits()));
  });
  if (!options.json.empty()) write_file(options.json, json_line(op_json(config, bench.limits(), machine, rows)));
  if (!options.svg.empty()) write_file(options.svg, op_svg(config, rows));
  return kExitDone;
}

}  // namespace

void add_bench_op(CLI::App& parent, Run& run) {
  const auto options = std::make_shared<OpOptions>();
  OpBenchConfig& config = options->config;
  OpCase& shape = config.shape;
  CLI::App* command =
      add_command(parent, "op", "attention2d beside torch's SDPA, windows and its own plain ATen form, in one run",
                  "multipole bench op --tokens 1024 4096 16384 --rank 1 --backward --json op.json --svg op.svg");
  const CLI::Range any_size(int64_t{1}, int64_t{1} << 24);
  command->add_option("--tokens", config.tokens, "sizes of the grid, cut as nearly square as they can be")
      ->check(any_size)
      ->capture_default_str();
  command->add_option("--subjects", config.subjects,
                      "which to run: sdpa, window, reference, near, attention2d, attention1d, multipole, cluster2d, "
                      "hot_tokens2d (these "
                      "two forward only); all by default");
  command->add_option("--variant", options->variant, "log-linear or linear")
      ->check(CLI::IsMember({"log-linear", "linear"}))
      ->capture_default_str();
  command->add_option("--cell", shape.cell, "tokens along each side of a finest cell")
      ->check(CLI::Range(int64_t{1}, int64_t{64}))
      ->capture_default_str();
  command->add_option("--rank", shape.rank, "summaries a far cell is seen through")->capture_default_str();
  command->add_option("--window", shape.window, "tokens along each side of a window")
      ->check(CLI::Range(int64_t{1}, int64_t{256}))
      ->capture_default_str();
  command->add_option("--batch", shape.batch, "pictures")->check(any_size)->capture_default_str();
  command->add_option("--heads", shape.heads, "attention heads")->check(any_size)->capture_default_str();
  command->add_option("--head-dim", shape.head_dim, "channels of a head")->check(any_size)->capture_default_str();
  command->add_option("--dtype", options->dtype, "float32, bfloat16, or float16 (CUDA only)")
      ->check(CLI::IsMember({"float32", "bfloat16", "float16"}))
      ->capture_default_str();
  command->add_option("--device", options->device, "cpu, cuda, or auto (CUDA where there is one)")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
      ->capture_default_str();
  add_threads_option(*command, options->threads);
  command->add_flag("--backward", config.backward, "also measure forward and backward together");
  command->add_option("--seconds", config.seconds, "repeat each call for so long")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--max-seconds", config.max_seconds, "leave out what would take longer a call")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--json", options->json, "also write the figures to this file; - for standard output");
  command->add_option("--svg", options->svg, "also draw them into this file; - for standard output");
  command->callback([options, &run] { run = [options] { return bench_op(*options); }; });
}

}  // namespace multipole
