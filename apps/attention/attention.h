// multipole compare-attention
#pragma once

#include "apps/arguments/command.h"

namespace multipole {

void add_compare_attention_command(CLI::App& program, Run& run);

}  // namespace multipole
