// Embeds a list of pictures. Whatever becomes of one of them, the others are done.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "apps/arguments/command.h"
#include "apps/arguments/exit_code.h"
#include "apps/arguments/signals.h"
#include "apps/embed/embedded_picture.h"
#include "apps/output/counted_progress.h"
#include "datasets/codecs/image_decode.h"
#include "datasets/dataset.h"
#include "engine/distributed/process_group.h"
#include "tasks/embedding/embedder.h"

namespace multipole {

class ListEmbedder {
 public:
  using Take = std::function<void(EmbeddedPicture picture)>;

  // Tells standard error how far it is, unless `quiet`, and which pictures have no features and why. The group's
  // processes share the pictures. Keeps references.
  ListEmbedder(const Embedder& embedder, const DecodeOptions& decode, const ComputeOptions& compute,
               const SignalStop& stop, bool quiet, const ProcessGroup& group);

  // Hands over each picture in the order of the list, those without features among them; to the first process alone.
  // False where a signal came before the last. Throws what is no picture's own.
  bool run(const std::vector<std::filesystem::path>& paths, const EmbeddingQuestion& question, const Take& take);

  // Tells standard error how many pictures of all lists have no features. The exit code: the signal's where one came,
  // kExitSomeBad where pictures failed.
  int sum_up() const;

 private:
  std::vector<EmbeddedPicture> embedded(const Batch& batch, const EmbeddingQuestion& question) const;
  void count(const EmbeddedPicture& picture, CountedProgress& progress);

  const Embedder& embedder_;
  DecodeOptions decode_;
  ComputeOptions compute_;
  const SignalStop& stop_;
  bool quiet_;
  const ProcessGroup& group_;
  bool was_stopped_ = false;
  size_t num_pictures_ = 0, num_done_ = 0, num_unreadable_ = 0, num_without_features_ = 0;
};

}  // namespace multipole
