#include "tasks/segmentation/probe/segment_probe_settings.h"

#include <array>

#include "tasks/probe/probe_run.h"

namespace multipole {

std::string segment_setting_of_training(const Json& settings) {
  constexpr std::array kOfTraining = {"/augmentation", "/model/head",      "/loss",
                                      "/train/epochs", "/train/optimizer", "/train/label_smoothing"};
  return first_setting(settings, kOfTraining);
}

}  // namespace multipole
