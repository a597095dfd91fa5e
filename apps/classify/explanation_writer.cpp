#include "apps/classify/explanation_writer.h"

#include <system_error>

#include "base/error.h"
#include "base/text.h"
#include "datasets/pictures/image_encode.h"
#include "heads/metrics/answers.h"
#include "tasks/classification/report/explanation.h"

namespace multipole {

ExplanationWriter::ExplanationWriter(const std::filesystem::path& folder, const Preprocessing& preprocessing)
    : folder_(folder), preprocessing_(preprocessing) {
  std::error_code code;
  std::filesystem::create_directories(folder, code);
  if (code) throw ResourceError("cannot make " + folder.string() + ": " + code.message());
}

void ExplanationWriter::write(const Classifier& classifier, const Batch& batch, const torch::Tensor& logits) const {
  if (batch.size() == 0) return;
  const Answers answers = answers_of(logits, 1);
  const auto maps = classifier.explain(batch.images, answers.labels);
  for (int64_t i = 0; i < batch.size(); ++i) {
    if (!answers.known[i].item<bool>()) continue;  // nothing explains what is no answer
    const auto place = static_cast<size_t>(i);
    // numbered, for two inputs may have one name
    const std::string number = pad_left(std::to_string(batch.indices[place]), 6, '0');
    const auto name = number + "_" + std::filesystem::path(batch.paths[place]).stem().string() + ".png";
    write_bytes(folder_ / name, encode_png(explanation_picture(batch.images[i], maps[i], preprocessing_)));
  }
}

}  // namespace multipole
