// For the build without picture libraries.
#include "datasets/codecs/without_codecs.h"
#include "datasets/masks/mask_decode.h"
#include "datasets/masks/mask_rows.h"

namespace multipole {

StoredMask decode_mask(ByteView, const std::string& name, const DecodeOptions&, MaskForm) {
  refuse_without_codecs(name);
}
StoredMask read_mask(const std::filesystem::path& path, const DecodeOptions&, MaskForm) {
  refuse_without_codecs(path.string());
}

std::unique_ptr<MaskRows> open_mask_rows(const std::filesystem::path& path, const DecodeOptions&, MaskForm) {
  refuse_without_codecs(path.string());
}

}  // namespace multipole
