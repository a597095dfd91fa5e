// What the command says of a probe that is done or was stopped.
#pragma once

#include <string>

#include "apps/arguments/signals.h"
#include "engine/training/train_result.h"

namespace multipole {

// `score_words`: the score's name for people. Returns the exit code.
int tell_probe_result(const TrainResult& result, const std::string& score_words, const SignalStop& stop);

}  // namespace multipole
