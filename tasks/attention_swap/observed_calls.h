#pragma once

#include <functional>

#include "heads/model/model.h"

namespace multipole {

// While it lives, the calls of the model's attention are told.
class ObservedCalls {
 public:
  ObservedCalls(VisionModel& model, const std::function<void(const AttentionPlace&, const AttentionCall&)>& observer)
      : backbone_(*model->backbone()) {
    backbone_.observe_attention_calls(observer);
  }
  ~ObservedCalls() { backbone_.observe_attention_calls({}); }
  ObservedCalls(const ObservedCalls&) = delete;
  ObservedCalls& operator=(const ObservedCalls&) = delete;

 private:
  Backbone& backbone_;
};

}  // namespace multipole
