// The files of a tar or zip archive and where each begins, so that one can be read without the others. Needs libarchive
// and no torch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/byte_view.h"

namespace multipole {

struct ArchiveEntry {
  std::string name;    // `/` between folders, no "." and no leading "/"
  int64_t offset = 0;  // of its header in the archive
};

// Every regular file, in byte order of the names. Throws ConfigError, naming archive and entry, for an absolute name,
// one with "..", two entries of one name, encrypted entries, a compressed tar (only one that can be read from the
// middle will do), and a truncated or damaged archive.
std::vector<ArchiveEntry> index_archive(ByteView archive, const std::string& name);

// The contents of one file, at most `max_bytes`. Throws InputError "cannot read LABEL: reason" where it is larger or
// damaged (zip: its CRC).
std::vector<uint8_t> read_archive_entry(ByteView archive, const ArchiveEntry& entry, const std::string& label,
                                        int64_t max_bytes);

}  // namespace multipole
