// For the build without picture libraries.
#include "datasets/codecs/without_codecs.h"
#include "tasks/segmentation/view/deflate.h"

namespace multipole {

std::string deflate_bytes(std::span<const uint8_t>) { refuse_without_codecs("a map to look at"); }

}  // namespace multipole
