#include "apps/segment/picture_failure.h"

#include "base/error.h"
#include "tasks/segmentation/prediction/own_failure.h"

namespace multipole {

std::optional<PictureFailure> picture_failure(const std::exception& error, const std::filesystem::path& picture) {
  if (!is_own_failure(error)) return std::nullopt;
  PictureFailure failure;
  failure.message = message_of(error);
  if (failure.message.find(picture.string()) == std::string::npos) {
    failure.message = picture.string() + ": " + failure.message;
  }
  failure.is_input = dynamic_cast<const InputError*>(&error) != nullptr;
  failure.is_memory = exit_code_of(error) == kExitResources;
  return failure;
}

void PictureFailures::add(const PictureFailure& failure) {
  ++(failure.is_input ? num_unreadable_ : num_failed_);
  if (failure.is_memory) ++num_too_large_;
}

ExitCode PictureFailures::exit_code(size_t num_pictures) const {
  if (!any()) return kExitDone;
  return num_too_large_ == num_pictures ? kExitResources : kExitSomeBad;
}

std::string PictureFailures::summary(size_t num_pictures) const {
  const std::string of_all = " of " + std::to_string(num_pictures) + " inputs ";
  std::string text;
  if (num_unreadable_ > 0) text += std::to_string(num_unreadable_) + of_all + "could not be read";
  if (num_unreadable_ > 0 && num_failed_ > 0) text += "\n";
  if (num_failed_ > 0) text += std::to_string(num_failed_) + of_all + "failed";
  return text;
}

}  // namespace multipole
