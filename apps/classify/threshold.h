// From which probability on an answer counts: --threshold, for classifiers of several classes a picture, and
// --min-probability, for those of one.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

namespace multipole {

void add_threshold_option(CLI::App& command, std::optional<double>& threshold);

// Throws ConfigError where one is given for a model that names one class a picture.
void check_threshold(const std::optional<double>& threshold, const std::string& model, bool has_several_classes);

void add_min_probability_option(CLI::App& command, std::optional<double>& least);

// Throws ConfigError where one is given for a model of several classes a picture.
void check_min_probability(const std::optional<double>& least, const std::string& model, bool has_several_classes);

}  // namespace multipole
