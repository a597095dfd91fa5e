#include "tasks/classification/probe/probe_settings.h"

#include <algorithm>

namespace multipole {

std::string setting_of_training(const Json& settings) {
  for (const char* pointer :
       {"/augmentation", "/model/head", "/objective/loss", "/objective/class_weights", "/data/balance", "/train/epochs",
        "/train/optimizer", "/train/label_smoothing", "/teaching/teacher"}) {
    if (!settings.contains(Json::json_pointer(pointer))) continue;
    std::string name = std::string(pointer).substr(1);
    std::replace(name.begin(), name.end(), '/', '.');
    return name;
  }
  return "";
}

}  // namespace multipole
