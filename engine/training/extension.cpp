#include "engine/training/extension.h"

#include <algorithm>
#include <locale>
#include <sstream>

#include "engine/optimizers/schedule.h"

namespace multipole {

namespace {

std::string rate_of(const ScheduleConfig& config, int64_t total_steps, const ExtensionPlace& place, int64_t step) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text.precision(3);
  text << place.learning_rate * Schedule(config, total_steps, place.steps_per_epoch).factor(step);
  return text.str();
}

}  // namespace

std::string extension_note(const Extension& extension, const std::string& unit, const ScheduleConfig& schedule,
                           const ExtensionPlace& place) {
  const std::string now = std::to_string(extension.now) + " " + unit;
  return "extended from " + std::to_string(extension.before) + " to " + now + ": from step " +
         std::to_string(place.step) + " on the schedule (" + schedule.type + ") is that of a run of " + now +
         "; the learning rate goes on at " + rate_of(schedule, place.steps_now, place, place.step) + ", and was " +
         rate_of(schedule, place.steps_before, place, std::max<int64_t>(0, place.step - 1)) +
         " in the last step before";
}

}  // namespace multipole
