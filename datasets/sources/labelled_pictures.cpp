#include "datasets/sources/labelled_pictures.h"

#include <utility>

namespace multipole {

LabelledPictures::LabelledPictures(std::shared_ptr<const PictureSource> source, const SplitOptions& options)
    : source_(std::move(source)), split_(select_split(*source_, options)) {}

LabelledPictures::LabelledPictures(const std::filesystem::path& path, const SplitOptions& options,
                                   const SourceOptions& source)
    : LabelledPictures(open_picture_source(path, source), options) {}

Sample LabelledPictures::get(int64_t index) const {
  Sample sample = source_->read(item(index).picture);
  sample.label = item(index).label;
  return sample;
}

}  // namespace multipole
