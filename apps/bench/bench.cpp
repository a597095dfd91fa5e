#include "apps/bench/bench.h"

namespace multipole {

void add_bench_commands(CLI::App& program, Run& run) {
  CLI::App* group =
      add_command(program, "bench", "measure the attention operator, whole models and loaders on this machine",
                  "multipole bench op --tokens 1024 4096 16384 --backward");
  add_bench_op(*group, run);
  add_bench_model(*group, run);
  add_bench_data(*group, run);
}

}  // namespace multipole
