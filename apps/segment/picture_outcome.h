// What became of a picture of a list, as its line in results.jsonl says it and as one process hands it to another.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/segment/picture_failure.h"

namespace multipole {

struct PictureOutcome {
  size_t index = 0;  // in the list
  std::string line = {};
  std::optional<PictureFailure> failure = {};
};

std::string pack_outcomes(const std::vector<PictureOutcome>& outcomes);
std::vector<PictureOutcome> unpack_outcomes(std::string_view packed);

}  // namespace multipole
