#include "tasks/teaching/class_teaching_config.h"

namespace multipole {

void ClassTeachingConfig::validate(const std::string& where) const {
  require(weight >= 0 && weight <= 1, where + ".weight", "must be from 0 to 1", weight);
  require(temperature > 0, where + ".temperature", "must be above 0", temperature);
}

}  // namespace multipole
