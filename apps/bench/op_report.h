// The results of `bench op` for people, for programs and as a plot.
#pragma once

#include <string>
#include <vector>

#include "apps/bench/op_bench.h"

namespace multipole {

// What is measured and the machine's limits, and the header of the table.
std::string op_preamble(const OpBenchConfig& config, const Limits& limits, const Json& machine);
std::string op_row_text(const OpRow& row, const Limits& limits);

// {"machine", "settings", "limits", "subjects", "rows"}; times in seconds, sizes in bytes.
Json op_json(const OpBenchConfig& config, const Limits& limits, const Json& machine, const std::vector<OpRow>& rows);

// Time a call over tokens, a line for each subject and pass.
std::string op_svg(const OpBenchConfig& config, const std::vector<OpRow>& rows);

}  // namespace multipole
