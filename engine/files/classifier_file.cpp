#include "engine/files/classifier_file.h"

namespace multipole {

LoadedModel load_classifier(const std::filesystem::path& path) {
  const bool answers_each = is_multi_label(read_model_metadata(path));
  return load_model(path, answers_each ? kMultiLabelClassification : kClassification);
}

}  // namespace multipole
