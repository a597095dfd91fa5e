#include "apps/arguments/picture_list.h"

#include <utility>

#include "datasets/pictures/fitted_picture.h"

namespace multipole {

PictureList::PictureList(std::vector<std::filesystem::path> paths, const DecodeOptions& options,
                         const Preprocessing& preprocessing)
    : paths_(std::move(paths)), options_(options), preprocessing_(preprocessing) {}

Sample PictureList::get(int64_t index) const {
  Sample sample;
  sample.path = path(index);
  return work_on_picture(sample.path, [&] {
    DecodedImage decoded = read_fitted_picture(sample.path, options_, preprocessing_);
    sample.image = std::move(decoded.pixels);
    sample.notes = std::move(decoded.notes);
    return std::move(sample);
  });
}

}  // namespace multipole
