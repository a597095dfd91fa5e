// What the probes of all tasks ask of a run, and what they leave in its folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "engine/files/run_folder.h"
#include "engine/training/resume.h"
#include "engine/training/train_result.h"
#include "heads/model/model.h"

namespace multipole {

// The first of `pointers` ("/train/epochs") that the settings have, as people write it: "train.epochs"; "" where there
// is none.
std::string first_setting(const Json& settings, std::span<const char* const> pointers);

// Throws ConfigError where there are no initial weights, a path to resume from, or several processes.
void check_probe_request(const std::filesystem::path& out, const ResumeOptions& resume);

// A folder may hold nothing, or a probe, which is fitted again unless resuming is forbidden. Throws ConfigError.
void check_probe_folder(const RunFolder& folder, const ResumeOptions& resume);

// Copies the initial weights. Throws ModelFileError where they are not those of the whole backbone.
void take_whole_backbone(VisionModelImpl& model, const ResumeOptions& resume,
                         const std::vector<std::string>& class_names);

// A probe as an epoch of the log and the curves; no terminal hears of it.
struct ProbeEpoch {
  Json fit;      // FittedProbe::summary
  Json metrics;  // of the validation split
  int64_t samples = 0;
  double seconds = 0;
};
void log_probe(const RunFolder& folder, const ProbeEpoch& probe, int64_t log_every);

// What a probe that is fitted and kept has come to: `result` with all but its score's name and what could not be read.
void finish_probe(TrainResult& result, const RunFolder& folder, int64_t iterations, double score);

}  // namespace multipole
