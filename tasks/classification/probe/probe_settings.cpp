#include "tasks/classification/probe/probe_settings.h"

#include <array>

#include "tasks/probe/probe_run.h"

namespace multipole {

std::string setting_of_training(const Json& settings) {
  constexpr std::array kOfTraining = {
      "/augmentation", "/model/head",      "/objective/loss",        "/objective/class_weights", "/data/balance",
      "/train/epochs", "/train/optimizer", "/train/label_smoothing", "/teaching/teacher"};
  return first_setting(settings, kOfTraining);
}

}  // namespace multipole
