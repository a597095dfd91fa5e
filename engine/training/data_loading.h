// What the data of every task share: a cache before the decoders, and a hash that tells data sets apart.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "datasets/dataset.h"
#include "datasets/loading/loader.h"
#include "datasets/sources/picture_source.h"
#include "engine/training/data_config.h"
#include "engine/training/train_config.h"

namespace multipole {

// FNV-1a of 64 bits (http://www.isthe.com/chongo/tech/comp/fnv): no protection against forgery.
class ContentHash {
 public:
  void add(const std::string& text);
  std::string hex() const;

 private:
  void mix(uint64_t byte) { hash_ = (hash_ ^ byte) * 0x100000001b3; }
  uint64_t hash_ = 0xcbf29ce484222325;
};

// How `config` has pictures read.
SourceOptions source_options(const DataConfig& config);

// `source` behind a cache of `gib` GiB; itself where that is 0.
std::shared_ptr<const Dataset> with_cache(std::shared_ptr<const Dataset> source, double gib);

// What a loader of a training does about pictures that it cannot read, and says of too many.
void limit_bad_pictures(LoaderOptions& options, const TrainConfig& config);

// "classes: cat (40 pictures), dog (38)": what a training tells apart, so that a wrong folder shows before it starts.
// `occurrences` are places in `class_names`, one for every picture of a class. Of many classes the first are named.
std::string class_counts_text(const std::vector<std::string>& class_names, const std::vector<int64_t>& occurrences);

}  // namespace multipole
