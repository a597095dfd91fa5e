// Where samples come from and how they are fetched; nothing here changes what a sample looks like.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/fields.h"

namespace multipole {

struct DataConfig {
  std::string root;
  std::string train_split = "train";
  std::string val_split = "val";
  double val_fraction = 0.2;
  int64_t split_seed = 0;
  int64_t folds = 0;
  int64_t fold = 1;
  double balance = 0.0;
  bool allow_truncated = false;
  int64_t max_pixels = 256'000'000;
  std::vector<int64_t> bands;
  int64_t workers = 2;
  int64_t prefetch = 4;
  double cache_gib = 2.0;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("root", self.root, "folder that a CSV manifest's paths are relative to; empty: the manifest's own");
    field("train_split", self.train_split, "split to train on");
    field("val_split", self.val_split, "split to evaluate on");
    field("val_fraction", self.val_fraction, "share of each class to evaluate on where there is no such split");
    field("split_seed", self.split_seed, "which pictures that share is");
    field("folds", self.folds, "above 0: cut all pictures but a test split's into so many folds, one of which is val");
    field("fold", self.fold, "which of the folds is val, from 1");
    field("balance", self.balance,
          "show rare classes more often: (largest class / class)^balance times; 0 is off, 1 makes all classes alike");
    field("allow_truncated", self.allow_truncated, "keep what damaged JPEG files still show");
    field("max_pixels", self.max_pixels, "pictures and masks whose header says more pixels are refused");
    field("bands", self.bands,
          "bands of rasters to train on, in this order, from 1; empty: pictures are RGB. What they hold is measured");
    field("workers", self.workers, "threads that decode and augment; 0: the training thread");
    field("prefetch", self.prefetch, "batches made ready ahead of time");
    field("cache_gib", self.cache_gib,
          "memory for decoded pictures in GiB, so that small sets are decoded once; 0 is off");
  }
  void validate(const std::string& where) const;
};

// What folds of any task's data have to be. Throws ConfigError.
void require_folds(int64_t folds, int64_t fold, const std::string& train_split, const std::string& val_split,
                   const std::string& where);

}  // namespace multipole
