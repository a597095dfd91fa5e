// What a build without picture libraries says where it would need one.
#pragma once

#include <string>

#include "base/error.h"

namespace multipole {

[[noreturn]] inline void refuse_without_codecs(const std::string& what) {
  throw ConfigError(what +
                    ": this build has no picture libraries (MULTIPOLE_WITH_CODECS=OFF); it reads packed data, "
                    "which 'multipole data pack' makes in a build that has them");
}

}  // namespace multipole
