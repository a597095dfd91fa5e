// Text that a language model of bytes goes on with.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "backbone/families/sequence/sequence_model.h"

namespace multipole {

struct SampleOptions {
  int64_t length = 400;      // bytes to make
  double temperature = 0.8;  // 0: always the likeliest byte
  int64_t seed = 0;
};

// Goes on after `prompt`, each byte from the last config().context ones; `show` gets every byte when it is there.
// An empty prompt starts after a line feed. Returns what was made.
std::string sample_text(SequenceModel& model, const std::string& prompt, const SampleOptions& options,
                        const std::function<void(char)>& show = {});

}  // namespace multipole
