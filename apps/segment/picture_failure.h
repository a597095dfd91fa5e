// What goes wrong with one picture of a list, apart from what goes wrong with the list.
#pragma once

#include <exception>
#include <filesystem>
#include <optional>
#include <string>

#include "apps/arguments/exit_code.h"

namespace multipole {

struct PictureFailure {
  std::string message;  // names the picture
  bool is_input = false;
  bool is_memory = false;
};

// None for an error that would meet the next picture, too: of the command, of the model file, of the disk. All others
// are the picture's own, those of the program itself included: they end no list.
std::optional<PictureFailure> picture_failure(const std::exception& error, const std::filesystem::path& picture);

// Of a list; says at its end how many there were.
class PictureFailures {
 public:
  void add(const PictureFailure& failure);
  bool any() const { return num_unreadable_ + num_failed_ > 0; }
  // kExitResources where memory held none of them.
  ExitCode exit_code(size_t num_pictures) const;
  // "3 of 5 inputs could not be read" and the like, a line each; empty where all went well.
  std::string summary(size_t num_pictures) const;

 private:
  size_t num_unreadable_ = 0, num_failed_ = 0, num_too_large_ = 0;
};

}  // namespace multipole
