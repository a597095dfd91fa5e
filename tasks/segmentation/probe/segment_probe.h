// A segmenter without training its backbone: the last map of each picture once, a logistic regression on its tokens,
// and both together as an ordinary model in an ordinary run folder.
#pragma once

#include <atomic>
#include <filesystem>

#include "base/json.h"
#include "engine/observers/train_observer.h"
#include "engine/training/resume.h"
#include "engine/training/train_result.h"

namespace multipole {

// `settings` are those of a SegmentConfig and, under "probe", of a SegmentProbeConfig. The backbone's weights are those
// of resume.init_weights, all of them, and pictures are seen as in evaluation: whole and at their own sizes. The head
// is `linear`. Targets are the shares of the classes among the labelled pixels of a token. A run folder that holds a
// probe is fitted again, from the maps that it keeps; where `stop` ends this early, what was computed is kept.
//
// Throws ConfigError for settings that a probe has no use for, a run folder that holds another training, missing
// initial weights, resume.mode kPath; ModelFileError for weights that are not the whole backbone; InputError where
// fewer than two pictures have labelled pixels; and what opening the data and sample_tokens() throw.
TrainResult train_segment_probe(const Json& settings, const std::filesystem::path& data,
                                const std::filesystem::path& out, TrainObserver& observer, const ResumeOptions& resume,
                                const std::atomic<bool>* stop = nullptr);

}  // namespace multipole
