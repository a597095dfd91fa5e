// --attention: another attention in the model that a command reads.
#pragma once

#include <string>

#include "apps/arguments/command.h"

namespace multipole {

inline constexpr const char* kAttentionOption = "--attention";

// `choice` stays empty where the model keeps its own; else it is what swap_attention() takes
// (engine/weights/attention_swap.h).
void add_attention_option(CLI::App& command, std::string& choice);

}  // namespace multipole
