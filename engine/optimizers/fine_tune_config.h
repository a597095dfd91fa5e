#pragma once

#include <cstdint>
#include <string>

#include "base/fields.h"

namespace multipole {

// What of a model learns, when, and how fast. Groups are those of TrainedModelImpl::layer_groups(): the stem, each
// block of the backbone, the head.
struct FineTuneConfig {
  int64_t freeze_groups = 0;
  int64_t head_epochs = 0;
  double layer_decay = 1.0;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("freeze_groups", self.freeze_groups, "layer groups from the stem on that keep their weights");
    field("head_epochs", self.head_epochs, "first epochs in which only the head learns");
    field("layer_decay", self.layer_decay,
          "learning rate of a layer group as a share of the next one's; 1: all alike, the head always has all of it");
  }
  void validate(const std::string& where) const;
};

}  // namespace multipole
