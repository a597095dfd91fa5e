// multipole classify train|eval|predict
#pragma once

#include "apps/arguments/command.h"

namespace multipole {

// Of --flip, with `eval` and `predict`.
inline constexpr const char* kFlipHelp =
    "ask for each picture and for its mirror image, and take the mean of both logits: twice the time, for pictures in "
    "which left and right mean nothing";

void add_classify_commands(CLI::App& program, Run& run);

void add_classify_train(CLI::App& parent, Run& run);
void add_classify_eval(CLI::App& parent, Run& run);
void add_classify_predict(CLI::App& parent, Run& run);

}  // namespace multipole
