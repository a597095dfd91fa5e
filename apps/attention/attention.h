// multipole compare-attention, multipole adapt
#pragma once

#include "apps/arguments/command.h"

namespace multipole {

void add_compare_attention_command(CLI::App& program, Run& run);
void add_adapt_command(CLI::App& program, Run& run);

}  // namespace multipole
