// From which probability on an answer counts: --threshold, for classifiers of several classes a picture, and
// --min-probability, for those of one.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "engine/files/classifier_file.h"

namespace multipole {

inline constexpr double kDefaultThreshold = 0.5;

void add_threshold_option(CLI::App& command, std::optional<double>& threshold);

// Throws ConfigError where one is given for a model that names one class a picture.
void check_threshold(const std::optional<double>& threshold, const std::string& model, const ModelMetadata& metadata);

void add_min_probability_option(CLI::App& command, std::optional<double>& least);

// Throws ConfigError where one is given for a model of several classes a picture.
void check_min_probability(const std::optional<double>& least, const std::string& model, const ModelMetadata& metadata);

}  // namespace multipole
