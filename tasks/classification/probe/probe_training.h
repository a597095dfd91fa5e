// A classifier without training its backbone: features of each picture once, a logistic regression on them, and both
// together as an ordinary model in an ordinary run folder.
#pragma once

#include <atomic>
#include <filesystem>

#include "base/json.h"
#include "engine/observers/train_observer.h"
#include "engine/training/resume.h"
#include "engine/training/train_result.h"

namespace multipole {

// `settings` are those of a ClassifyConfig and, under "probe", of a ProbeConfig. The backbone's weights are those of
// resume.init_weights, all of them, and pictures are seen as in evaluation. The head is one linear layer on the
// backbone's embedding. A run folder that holds a probe is fitted again, from the features that it keeps; where `stop`
// ends this early, what was computed is kept.
//
// Throws ConfigError for settings that a probe has no use for, a run folder that holds another training, missing
// initial weights, resume.mode kPath; ModelFileError for weights that are not the whole backbone; and what opening the
// data and probe_features() throw.
TrainResult train_probe(const Json& settings, const std::filesystem::path& data, const std::filesystem::path& out,
                        TrainObserver& observer, const ResumeOptions& resume, const std::atomic<bool>* stop = nullptr);

}  // namespace multipole
