// Parts of a picture that need not be whole in memory.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>

#include "datasets/codecs/crop_box.h"
#include "datasets/codecs/image_decode.h"
#include "datasets/ground/scratch_plane.h"
#include "datasets/pictures/picture_rows.h"

namespace multipole {

// Of a TIFF in tiles or strips, and of what GDAL reads, each part is read by itself. Whatever can only be read from the
// top is decoded once, when a part is first asked for, and kept in a file without a name.
class PictureWindows {
 public:
  // Reads the header. Throws InputError as open_picture_rows() does.
  PictureWindows(std::filesystem::path path, const DecodeOptions& options);

  int64_t height() const { return height_; }
  int64_t width() const { return width_; }
  const std::filesystem::path& path() const { return path_; }

  // The part as read_picture() gives it. From any thread. Throws InputError.
  DecodedImage read(const CropBox& part) const;

 private:
  struct Decoded {
    std::unique_ptr<ScratchPlane> pixels, invalid;  // no `invalid` where all pixels hold data
    std::vector<std::string> notes;
  };
  const Decoded& decoded() const;

  std::filesystem::path path_;
  DecodeOptions options_;
  int64_t height_ = 0, width_ = 0;
  bool reads_parts_ = false;
  mutable std::mutex mutex_;
  mutable std::unique_ptr<const Decoded> decoded_;
};

}  // namespace multipole
