// What compare-attention prints.
#pragma once

#include <string>

#include "base/json.h"

namespace multipole {

// `result` is AttentionComparer::to_json(): a line a size, and below them the blocks' errors.
std::string comparison_table(const Json& result);

}  // namespace multipole
