#include "apps/classify/threshold.h"

#include "backbone/config/error.h"

namespace multipole {

void add_threshold_option(CLI::App& command, std::optional<double>& threshold) {
  command
      .add_option("--threshold", threshold,
                  "probability above which a class counts, for a model of several classes a picture; 0.5 by default")
      ->check(CLI::Range(0.0, 1.0));
}

void check_threshold(const std::optional<double>& threshold, const std::string& model, const ModelMetadata& metadata) {
  if (!threshold || is_multi_label(metadata)) return;
  throw ConfigError("--threshold is for a model of several classes a picture, and " + model +
                    " names one: its probabilities sum up to 1");
}

}  // namespace multipole
