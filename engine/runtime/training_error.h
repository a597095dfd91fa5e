#pragma once

#include "base/error.h"

namespace multipole {

// Training cannot go on although its inputs are sound: the loss stays non-finite. Exit code 1.
class TrainingError : public Error {
 public:
  using Error::Error;
};

}  // namespace multipole
