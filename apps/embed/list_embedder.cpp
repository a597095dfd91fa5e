#include "apps/embed/list_embedder.h"

#include <algorithm>
#include <iostream>
#include <utility>

#include "apps/arguments/batch_share.h"
#include "apps/arguments/picture_loader.h"
#include "apps/embed/packed_embedding.h"
#include "engine/runtime/batch_paths.h"

namespace multipole {

ListEmbedder::ListEmbedder(const Embedder& embedder, const DecodeOptions& decode, const ComputeOptions& compute,
                           const SignalStop& stop, bool quiet, const ProcessGroup& group)
    : embedder_(embedder), decode_(decode), compute_(compute), stop_(stop), quiet_(quiet), group_(group) {}

std::vector<EmbeddedPicture> ListEmbedder::embedded(const Batch& batch, const EmbeddingQuestion& question) const {
  std::vector<EmbeddedPicture> pictures;
  if (batch.size() > 0) {
    auto embeddings = naming_files(batch, [&] { return embedder_.embed_batch(batch.images, question); });
    for (size_t i = 0; i < embeddings.size(); ++i) {
      Embedding& embedding = embeddings[i];
      if (!embedding.error.empty()) embedding.error = batch.paths[i] + ": " + embedding.error;
      pictures.push_back({batch.indices[i], batch.paths[i], /*is_unreadable=*/false, std::move(embedding)});
    }
  }
  for (const auto& bad : batch.bad) {
    pictures.push_back(
        {bad.index, bad.path, /*is_unreadable=*/true, {.features = {}, .notes = {}, .error = bad.reason}});
  }
  std::sort(pictures.begin(), pictures.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
  return pictures;
}

void ListEmbedder::count(const EmbeddedPicture& picture, CountedProgress& progress) {
  ++num_done_;
  const std::string& error = picture.embedding.error;
  if (error.empty()) return;
  ++(picture.is_unreadable ? num_unreadable_ : num_without_features_);
  progress.clear();
  std::cerr << "error: " << error << "\n";
}

bool ListEmbedder::run(const std::vector<std::filesystem::path>& paths, const EmbeddingQuestion& question,
                       const Take& take) {
  num_pictures_ += paths.size();
  const auto total = static_cast<int64_t>(paths.size()), batch_size = compute_.batch_size;
  CountedProgress progress("embedding", quiet_);
  int64_t done = 0;
  BatchShare share(group_, 0, (total + batch_size - 1) / batch_size, stop_, [&](const std::string& results) {
    for (auto& picture : unpack_pictures(results)) {
      count(picture, progress);
      take(std::move(picture));
      ++done;
    }
    progress.show(done, total);
  });
  const auto loader = make_picture_loader(paths, decode_, embedder_.preprocessing(), compute_);
  loader->take_share(group_.process_rank(), group_.size());
  loader->start_epoch(0, share.first_own_batch());
  share.start();
  while (!share.is_stopping()) {
    const auto batch = loader->next();
    if (!batch) break;
    print_notes(*batch);
    share.give(pack_pictures(embedded(*batch, question)));
  }
  share.finish();
  was_stopped_ = share.is_stopped();
  return !was_stopped_;
}

int ListEmbedder::sum_up() const {
  const auto tell = [&](size_t count, const char* what) {
    if (count > 0) std::cerr << count << " of " << num_pictures_ << " inputs " << what << "\n";
  };
  tell(num_unreadable_, "could not be read");
  tell(num_without_features_, "failed: their features are no finite numbers");
  if (was_stopped_) {
    std::cerr << "ended by a signal after " << num_done_ << " of " << num_pictures_ << " inputs\n";
    return stop_.exit_code();
  }
  return num_unreadable_ + num_without_features_ > 0 ? kExitSomeBad : kExitDone;
}

}  // namespace multipole
