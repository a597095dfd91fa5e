// Tells archives by their first bytes.
#pragma once

#include <string>

#include "base/byte_view.h"

namespace multipole {

// Whether the bytes begin as a tar, a zip or a compressed file does.
bool is_archive(ByteView bytes);

// The compression that a file's first bytes tell of, or "".
std::string compression_of(ByteView bytes);

}  // namespace multipole
