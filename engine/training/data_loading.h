// What the data of every task share: a cache before the decoders, and a hash that tells data sets apart.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "datasets/dataset.h"

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

// `source` behind a cache of `gib` GiB; itself where that is 0.
std::shared_ptr<const Dataset> with_cache(std::shared_ptr<const Dataset> source, double gib);

}  // namespace multipole
