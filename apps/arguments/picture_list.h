// Pictures given by their paths, without labels.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "apps/arguments/exit_code.h"
#include "base/error.h"
#include "datasets/codecs/image_decode.h"
#include "datasets/dataset.h"
#include "datasets/pictures/preprocessing.h"

namespace multipole {

// Does some work on one picture. Whatever fails in it, be it for want of memory, is that picture's own trouble and
// becomes an InputError.
template <class Work>
auto work_on_picture(const std::string& path, const Work& work) {
  try {
    return work();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw InputError(path + ": " + message_of(error));
  }
}

// As a model is shown them: resized and cut.
class PictureList : public Dataset {
 public:
  PictureList(std::vector<std::filesystem::path> paths, const DecodeOptions& options,
              const Preprocessing& preprocessing);

  int64_t size() const override { return static_cast<int64_t>(paths_.size()); }
  Sample get(int64_t index) const override;
  std::string path(int64_t index) const override { return paths_.at(static_cast<size_t>(index)).string(); }

 private:
  std::vector<std::filesystem::path> paths_;
  DecodeOptions options_;
  Preprocessing preprocessing_;
};

}  // namespace multipole
