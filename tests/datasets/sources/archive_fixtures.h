// Writes tar and zip archives through libarchive, with names and contents that a well-meaning archiver would not write.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/temporary_folder.h"

namespace multipole::test {

using ArchiveFiles = std::vector<std::pair<std::string, Bytes>>;

// `format`: "tar" (pax), "gnutar", "ustar", "zip", or "zip stored" (not compressed).
Bytes make_archive(const std::string& format, const ArchiveFiles& files);

}  // namespace multipole::test
