// For the build without picture libraries.
#include "datasets/codecs/without_codecs.h"

#include "datasets/codecs/codec_versions.h"
#include "datasets/codecs/image_decode.h"

namespace multipole {

std::vector<std::pair<std::string, std::string>> codec_versions() { return {}; }

DecodedImage decode_image_with_notes(ByteView, const std::string& name, const DecodeOptions&) {
  refuse_without_codecs(name);
}
torch::Tensor decode_image(ByteView, const std::string& name, const DecodeOptions&) { refuse_without_codecs(name); }
DecodedImage read_image_with_notes(const std::filesystem::path& path, const DecodeOptions&) {
  refuse_without_codecs(path.string());
}
torch::Tensor read_image(const std::filesystem::path& path, const DecodeOptions&) {
  refuse_without_codecs(path.string());
}

}  // namespace multipole
