// multipole bench op|model|data: how fast attention, models and loaders are on this machine, beside what else could be
// used
#pragma once

#include "apps/arguments/command.h"

namespace multipole {

void add_bench_commands(CLI::App& program, Run& run);

void add_bench_op(CLI::App& parent, Run& run);
void add_bench_model(CLI::App& parent, Run& run);
void add_bench_data(CLI::App& parent, Run& run);

}  // namespace multipole
