#include "apps/classify/threshold.h"

#include "base/error.h"

namespace multipole {
namespace {

// CLI::Range lets NaN pass.
CLI::Validator a_probability() {
  return {[](const std::string& text) -> std::string {
            double value = 0;
            const bool ok = CLI::detail::lexical_cast(text, value) && value >= 0 && value <= 1;
            return ok ? "" : "'" + text + "' is no probability: expected a number from 0 to 1";
          },
          "FLOAT in [0 - 1]"};
}

}  // namespace

void add_threshold_option(CLI::App& command, std::optional<double>& threshold) {
  command
      .add_option("--threshold", threshold,
                  "probability above which a class counts, for a model of several classes a picture; 0.5 by default")
      ->check(a_probability());
}

void check_threshold(const std::optional<double>& threshold, const std::string& model, bool has_several_classes) {
  if (!threshold || has_several_classes) return;
  throw ConfigError("--threshold is for a model of several classes a picture, and " + model +
                    " names one: its probabilities sum up to 1");
}

void add_min_probability_option(CLI::App& command, std::optional<double>& least) {
  command
      .add_option("--min-probability", least,
                  "answer \"unknown\" where the most probable class has less, for a model of one class a picture")
      ->check(a_probability());
}

void check_min_probability(const std::optional<double>& least, const std::string& model, bool has_several_classes) {
  if (!least || !has_several_classes) return;
  throw ConfigError("--min-probability is for a model of one class a picture, and " + model +
                    " names any number of them: --threshold says from which probability on a class counts");
}

}  // namespace multipole
