// --precision, and what a command says and does about it.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <utility>

#include "engine/distributed/gather.h"
#include "engine/distributed/process_group.h"
#include "tasks/inference/precision_choice.h"

namespace multipole {

// What `auto` does in a command with pictures to answer, and in one that measures nothing.
inline constexpr const char* kFasterPrecision =
    "auto: float32, or on a CPU with much to do bfloat16 where a measurement says that it is faster by a tenth";
inline constexpr const char* kDevicePrecision = "auto: bfloat16 where the device multiplies it";

// --precision auto|float32|bfloat16, as select_execution takes it; `precision` holds the default.
void add_precision_option(CLI::App& command, std::string& precision, const std::string& automatic);

// "computing in bfloat16 (measured: 1.42 times as fast as float32)"
std::string precision_line(const std::string& precision, const PrecisionTimes& times);

// What open(precision) gives, an object with precision(), in the precision that was asked for; "auto" is what the first
// process of the group makes of it, in all.
template <class Open>
auto open_in_one_precision(const ProcessGroup& group, const std::string& asked, const Open& open) {
  if (group.size() == 1 || asked != "auto") return open(asked);
  std::optional<decltype(open(asked))> first;
  if (group.is_first()) first.emplace(open(asked));
  const bool bfloat16 = value_of_first(group, first && first->precision() == "bfloat16" ? 1 : 0) != 0;
  return first ? std::move(*first) : open(bfloat16 ? "bfloat16" : "float32");
}

// For a command with a model of its own: prepares it for the precision that was asked for and is in `execution`; for
// "auto" chooses as above and, unless `quiet`, tells standard error.
void prepare_in_one_precision(const ProcessGroup& group, const std::string& asked, VisionModel& model,
                              Execution& execution, const PicturesAhead& ahead, bool quiet);

}  // namespace multipole
