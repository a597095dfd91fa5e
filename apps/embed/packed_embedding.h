// Embedded pictures as one process hands them to another.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apps/embed/embedded_picture.h"

namespace multipole {

std::string pack_pictures(const std::vector<EmbeddedPicture>& pictures);
std::vector<EmbeddedPicture> unpack_pictures(std::string_view packed);

}  // namespace multipole
