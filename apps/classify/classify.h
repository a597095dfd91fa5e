// multipole classify train|eval|predict
#pragma once

#include "apps/arguments/command.h"

namespace multipole {

void add_classify_commands(CLI::App& program, Run& run);

void add_classify_train(CLI::App& parent, Run& run);
void add_classify_eval(CLI::App& parent, Run& run);
void add_classify_predict(CLI::App& parent, Run& run);

}  // namespace multipole
