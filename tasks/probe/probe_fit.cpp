#include "tasks/probe/probe_fit.h"

#include <chrono>
#include <locale>
#include <sstream>

#include "base/text.h"

namespace multipole {
namespace {

// Three digits that count.
std::string short_number(double value) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text.precision(3);
  text << value;
  return text.str();
}

std::vector<std::string> sentences_of(const StrengthChoice& choice, const LogisticFit& fit,
                                      const std::string& choice_words, const ProbeFitConfig& config, double seconds) {
  std::vector<std::string> sentences = {"regularisation " + short_number(choice.strength) + " by " + choice_words +
                                        " over " + std::to_string(choice.scores.size()) + " strengths; " +
                                        std::to_string(fit.iterations) + " iterations; " + fixed(seconds, 2) + " s"};
  if (config.strengths.size() > 1 &&
      (choice.strength == config.strengths.front() || choice.strength == config.strengths.back())) {
    sentences.emplace_back("that is an end of probe.strengths: one beyond it may be better");
  }
  if (fit.iterations >= config.max_iterations) {
    sentences.push_back("the fit ended at probe.max_iterations; its largest gradient is " +
                        short_number(fit.largest_gradient));
  }
  return sentences;
}

}  // namespace

std::optional<FittedProbe> fit_probe(const LogisticProblem& problem, const std::vector<HeldOutSplit>& splits,
                                     const std::string& choice_words, const ProbeFitConfig& config,
                                     const std::atomic<bool>* stop, double tolerance) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const auto choice = choose_strength(problem, splits, config, stop);
  if (!choice.complete) return std::nullopt;
  const auto zeros = LinearWeights::zeros(problem.targets.size(1), problem.features.size(1));
  FittedProbe fitted;
  fitted.fit = fit_logistic(problem, choice.strength, zeros, config.max_iterations, tolerance);
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  Json path = Json::array();
  for (const auto& score : choice.scores) {
    path.push_back({{"strength", score.strength}, {"loss", score.loss}, {"accuracy", score.accuracy}});
  }
  fitted.summary = {{"strength", choice.strength},
                    {"path", path},
                    {"iterations", fitted.fit.iterations},
                    {"largest_gradient", fitted.fit.largest_gradient},
                    {"loss", logistic_loss(problem, fitted.fit.weights).item<double>()},
                    {"seconds", seconds}};
  fitted.sentences = sentences_of(choice, fitted.fit, choice_words, config, seconds);
  return fitted;
}

}  // namespace multipole
