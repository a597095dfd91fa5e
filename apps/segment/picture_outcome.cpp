#include "apps/segment/picture_outcome.h"

#include <utility>

#include "base/packed_strings.h"

namespace multipole {
namespace {

constexpr size_t kStrings = 4;  // of an outcome
constexpr char kFailed = 'f', kInput = 'i', kMemory = 'm';

std::string kind_of(const std::optional<PictureFailure>& failure) {
  if (!failure) return "";
  std::string kind(1, kFailed);
  if (failure->is_input) kind += kInput;
  if (failure->is_memory) kind += kMemory;
  return kind;
}

}  // namespace

std::string pack_outcomes(const std::vector<PictureOutcome>& outcomes) {
  std::vector<std::string> strings;
  for (const auto& outcome : outcomes) {
    strings.push_back(std::to_string(outcome.index));
    strings.push_back(outcome.line);
    strings.push_back(kind_of(outcome.failure));
    strings.push_back(outcome.failure ? outcome.failure->message : "");
  }
  return pack_strings(strings);
}

std::vector<PictureOutcome> unpack_outcomes(std::string_view packed) {
  const auto strings = unpack_strings(packed);
  std::vector<PictureOutcome> outcomes;
  for (size_t i = 0; i + kStrings <= strings.size(); i += kStrings) {
    PictureOutcome outcome{.index = std::stoul(strings[i]), .line = strings[i + 1]};
    const std::string& kind = strings[i + 2];
    if (!kind.empty()) {
      outcome.failure = PictureFailure{.message = strings[i + 3],
                                       .is_input = kind.find(kInput) != kind.npos,
                                       .is_memory = kind.find(kMemory) != kind.npos};
    }
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

}  // namespace multipole
