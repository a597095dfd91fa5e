#include "apps/common/picture_list.h"

#include <utility>

#include "datasets/read_file.h"

namespace multipole {

PictureList::PictureList(std::vector<std::filesystem::path> paths, const DecodeOptions& options, Note note)
    : paths_(std::move(paths)), options_(options), note_(std::move(note)) {}

Sample PictureList::get(int64_t index) const {
  Sample sample;
  sample.path = path(index);
  return work_on_picture(sample.path, [&] {
    const auto bytes = read_file(sample.path, options_.max_file_bytes);
    DecodedImage decoded = decode_image_with_notes(bytes, sample.path, options_);
    for (const auto& note : decoded.notes) note_(sample.path, note);
    sample.image = std::move(decoded.pixels);
    return std::move(sample);
  });
}

}  // namespace multipole
