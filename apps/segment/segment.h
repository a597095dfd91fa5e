// multipole segment train|eval|predict|vectorize
#pragma once

#include "apps/arguments/command.h"

namespace multipole {

void add_segment_commands(CLI::App& program, Run& run);

void add_segment_train(CLI::App& parent, Run& run);
void add_segment_eval(CLI::App& parent, Run& run);
void add_segment_predict(CLI::App& parent, Run& run);
void add_segment_vectorize(CLI::App& parent, Run& run);

}  // namespace multipole
