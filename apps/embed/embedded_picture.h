// A picture of a list with its features.
#pragma once

#include <cstdint>
#include <string>

#include "tasks/embedding/embedding.h"

namespace multipole {

struct EmbeddedPicture {
  int64_t index = 0;  // in the list
  std::string path;
  bool is_unreadable = false;
  Embedding embedding;  // or why there is none
};

}  // namespace multipole
