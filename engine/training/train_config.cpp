#include "engine/training/train_config.h"

#include "engine/optimizers/registry.h"
#include "engine/training/data_config.h"

namespace multipole {

void TrainConfig::validate(const std::string& where) const {
  require(epochs >= 1, where + ".epochs", "must be at least 1", epochs);
  require(batch_size >= 1, where + ".batch_size", "must be at least 1", batch_size);
  require(accumulate >= 1, where + ".accumulate", "must be at least 1", accumulate);
  require(clip_grad >= 0, where + ".clip_grad", "must not be negative", clip_grad);
  require(label_smoothing >= 0 && label_smoothing < 1, where + ".label_smoothing", "must be in [0, 1)",
          label_smoothing);
  require(seed >= 0, where + ".seed", "must not be negative", seed);
  require(eval_every >= 1, where + ".eval_every", "must be at least 1", eval_every);
  require(patience == 0 || patience >= eval_every, where + ".patience",
          "must be 0 or at least eval_every (" + std::to_string(eval_every) + ")", patience);
  require(log_every >= 1, where + ".log_every", "must be at least 1", log_every);
  require(checkpoint_minutes >= 0, where + ".checkpoint_minutes", "must not be negative", checkpoint_minutes);
  require(max_bad >= 0 && max_bad <= 1, where + ".max_bad", "must be in [0, 1]", max_bad);
  resolve_optimizer_config(optimizer, where + ".optimizer");
}

void require_folds(int64_t folds, int64_t fold, const std::string& train_split, const std::string& val_split,
                   const std::string& where) {
  require(folds == 0 || (folds >= 2 && folds <= 1000), where + ".folds", "must be 0 or from 2 to 1000", folds);
  require(folds == 0 || (fold >= 1 && fold <= folds), where + ".fold", "must be from 1 to " + std::to_string(folds),
          fold);
  require(folds == 0 || (train_split == "train" && val_split == "val"), where + ".folds",
          "goes with the splits train and val", folds);
}

void DataConfig::validate(const std::string& where) const {
  require(balance >= 0 && balance <= 1, where + ".balance", "must be in [0, 1]", balance);
  require(val_fraction > 0 && val_fraction < 1, where + ".val_fraction", "must be between 0 and 1", val_fraction);
  require(split_seed >= 0, where + ".split_seed", "must not be negative", split_seed);
  require_folds(folds, fold, train_split, val_split, where);
  require(max_pixels >= 1, where + ".max_pixels", "must be at least 1", max_pixels);
  require(workers >= 0 && workers <= 1024, where + ".workers", "must be in [0, 1024]", workers);
  require(prefetch >= 1, where + ".prefetch", "must be at least 1", prefetch);
  require(cache_gib >= 0 && cache_gib <= 65536, where + ".cache_gib", "must be in [0, 65536]", cache_gib);
}

}  // namespace multipole
