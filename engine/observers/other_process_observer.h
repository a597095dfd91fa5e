// What the user hears of a process other than the first: sentences, such as a file that it left out, with its number.
#pragma once

#include <cstdint>
#include <string>

#include "engine/observers/train_observer.h"

namespace multipole {

class OtherProcessObserver : public TrainObserver {
 public:
  // `next` outlives this object.
  OtherProcessObserver(int64_t process_rank, TrainObserver& next) : process_rank_(process_rank), next_(next) {}

  void on_message(const std::string& message) override {
    next_.on_message("process " + std::to_string(process_rank_) + ": " + message);
  }

 private:
  int64_t process_rank_;
  TrainObserver& next_;
};

}  // namespace multipole
