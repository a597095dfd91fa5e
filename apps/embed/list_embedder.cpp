#include "apps/embed/list_embedder.h"

#include <algorithm>
#include <iostream>
#include <utility>

#include "apps/arguments/picture_loader.h"
#include "engine/runtime/batch_paths.h"

namespace multipole {

ListEmbedder::ListEmbedder(const Embedder& embedder, const DecodeOptions& decode, const ComputeOptions& compute,
                           const SignalStop& stop, bool quiet)
    : embedder_(embedder), decode_(decode), compute_(compute), stop_(stop), quiet_(quiet) {}

std::vector<EmbeddedPicture> ListEmbedder::embedded(const Batch& batch, const EmbeddingQuestion& question) const {
  std::vector<EmbeddedPicture> pictures;
  if (batch.size() == 0) return pictures;
  auto embeddings = naming_files(batch, [&] { return embedder_.embed_batch(batch.images, question); });
  for (size_t i = 0; i < embeddings.size(); ++i) {
    Embedding& embedding = embeddings[i];
    if (!embedding.error.empty()) embedding.error = batch.paths[i] + ": " + embedding.error;
    pictures.push_back({batch.indices[i], batch.paths[i], std::move(embedding)});
  }
  return pictures;
}

void ListEmbedder::count(const EmbeddedPicture& picture, bool is_unreadable, CountedProgress& progress) {
  const std::string& error = picture.embedding.error;
  if (error.empty()) return;
  ++(is_unreadable ? num_unreadable_ : num_without_features_);
  progress.clear();
  std::cerr << "error: " << error << "\n";
}

bool ListEmbedder::run(const std::vector<std::filesystem::path>& paths, const EmbeddingQuestion& question,
                       const Take& take) {
  num_pictures_ += paths.size();
  const auto total = static_cast<int64_t>(paths.size());
  const auto loader = make_picture_loader(paths, decode_, embedder_.preprocessing(), compute_);
  CountedProgress progress("embedding", quiet_);
  loader->start_epoch(0);
  int64_t done = 0;
  while (const auto batch = loader->next()) {
    if (stop_.requested()) return false;
    print_notes(*batch);
    auto pictures = embedded(*batch, question);
    for (const auto& picture : pictures) count(picture, /*is_unreadable=*/false, progress);
    for (const auto& bad : batch->bad) {
      pictures.push_back({bad.index, bad.path, {.features = {}, .notes = {}, .error = bad.reason}});
      count(pictures.back(), /*is_unreadable=*/true, progress);
    }
    std::sort(pictures.begin(), pictures.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
    done += static_cast<int64_t>(pictures.size());
    num_done_ += pictures.size();
    for (auto& picture : pictures) take(std::move(picture));
    progress.show(done, total);
  }
  return true;
}

int ListEmbedder::sum_up() const {
  const auto tell = [&](size_t count, const char* what) {
    if (count > 0) std::cerr << count << " of " << num_pictures_ << " inputs " << what << "\n";
  };
  tell(num_unreadable_, "could not be read");
  tell(num_without_features_, "failed: their features are no finite numbers");
  if (stop_.requested()) {
    std::cerr << "ended by a signal after " << num_done_ << " of " << num_pictures_ << " inputs\n";
    return stop_.exit_code();
  }
  return num_unreadable_ + num_without_features_ > 0 ? kExitSomeBad : kExitDone;
}

}  // namespace multipole
