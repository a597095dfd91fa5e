// Model files of classifiers: those that name one class a picture, and those that answer each class by itself.
#pragma once

#include <filesystem>

#include "engine/files/model_file.h"

namespace multipole {

// The tasks that model files name. A program that knows only the first refuses a file of the second.
inline constexpr const char* kClassification = "classification";
inline constexpr const char* kMultiLabelClassification = "multi_label_classification";

// Whether each logit is to be read by itself, through a sigmoid, and not against the others.
inline bool is_multi_label(const ModelMetadata& metadata) { return metadata.task == kMultiLabelClassification; }

// As load_model(), for a model of either task.
LoadedModel load_classifier(const std::filesystem::path& path);

}  // namespace multipole
