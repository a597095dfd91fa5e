#include "apps/arguments/precision_option.h"

#include <iostream>

#include "base/text.h"

namespace multipole {

void add_precision_option(CLI::App& command, std::string& precision, const std::string& automatic) {
  command.add_option("--precision", precision, "float32, bfloat16 (mixed), or " + automatic)
      ->check(CLI::IsMember({"auto", "float32", "bfloat16"}))
      ->capture_default_str();
}

std::string precision_line(const std::string& precision, const PrecisionTimes& times) {
  const std::string line = "computing in " + precision;
  if (!times.is_measured()) return line;
  const std::string ratio = fixed(times.float32 / times.bfloat16, 2) + " times as fast";
  return line + (precision == "bfloat16" ? " (measured: " + ratio + " as float32)"
                                         : " (measured: bfloat16 would be " + ratio + ")");
}

void prepare_in_one_precision(const ProcessGroup& group, const std::string& asked, VisionModel& model,
                              Execution& execution, const PicturesAhead& ahead, bool quiet) {
  if (asked != "auto") return prepare_inference(*model, execution);
  PrecisionTimes times;
  if (group.is_first()) times = choose_precision(model, execution, ahead);
  execution.bfloat16 = value_of_first(group, execution.bfloat16 ? 1 : 0) != 0;
  if (!group.is_first()) prepare_inference(*model, execution);
  if (!quiet) std::cerr << precision_line(execution.precision_name(), times) << "\n";
}

}  // namespace multipole
