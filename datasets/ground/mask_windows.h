// Parts of a mask that need not be whole in memory: of a TIFF read by themselves, of others from a file without a name
// that the whole is decoded to once.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>

#include "datasets/codecs/image_decode.h"
#include "datasets/ground/label_windows.h"
#include "datasets/ground/scratch_plane.h"
#include "datasets/masks/label_map.h"
#include "datasets/masks/mask_rows.h"

namespace multipole {

class MaskWindows : public LabelWindows {
 public:
  // Reads the header. `labels` says what the stored values mean. Throws InputError as open_mask_rows() does.
  MaskWindows(std::filesystem::path path, const LabelMap& labels, MaskForm form, const DecodeOptions& options);

  int64_t height() const override { return height_; }
  int64_t width() const override { return width_; }
  LabelPart read(const CropBox& part) const override;

 private:
  std::unique_ptr<MaskRows> open() const;
  const ScratchPlane& decoded() const;

  std::filesystem::path path_;
  LabelMap labels_;
  MaskForm form_;
  DecodeOptions options_;
  int64_t height_ = 0, width_ = 0;
  bool reads_parts_ = false;
  mutable std::mutex mutex_;
  mutable std::unique_ptr<const ScratchPlane> decoded_;
};

}  // namespace multipole
