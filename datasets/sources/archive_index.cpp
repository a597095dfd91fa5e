#include "datasets/sources/archive_index.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string_view>

#include "base/error.h"
#include "datasets/sources/archive_kind.h"

namespace multipole {

namespace {

// libarchive over memory, from `offset` on.
class Reader {
 public:
  Reader(ByteView bytes, int64_t offset) : handle_(archive_read_new(), archive_read_free) {
    archive_read_support_filter_none(handle_.get());
    archive_read_support_format_tar(handle_.get());
    // the reader that goes by local headers: the other one needs the whole file for every entry
    archive_read_support_format_zip_streamable(handle_.get());
    const ByteView rest = bytes.subspan(static_cast<size_t>(offset));
    if (archive_read_open_memory(handle_.get(), rest.data(), rest.size()) != ARCHIVE_OK) fail();
  }

  // The next entry, or null at the end.
  archive_entry* next() {
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(handle_.get(), &entry);
    if (status == ARCHIVE_EOF) return nullptr;
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) fail();
    return entry;
  }

  int64_t header_position() const { return archive_read_header_position(handle_.get()); }

  // Appends up to `size` bytes of the entry's data; fewer at its end.
  size_t read(uint8_t* out, size_t size) {
    const la_ssize_t got = archive_read_data(handle_.get(), out, size);
    if (got < 0) fail();
    return static_cast<size_t>(got);
  }

  [[noreturn]] void fail() const {
    const char* reason = archive_error_string(handle_.get());
    throw InputError(reason != nullptr ? reason : "damaged");
  }

 private:
  std::unique_ptr<archive, int (*)(archive*)> handle_;
};

// The calling thread's character set for as long as the object lives: libarchive gives names in the locale's.
class ThreadLocale {
 public:
  explicit ThreadLocale(const char* name) : locale_(newlocale(LC_CTYPE_MASK, name, nullptr)) {
    if (locale_ != nullptr) before_ = uselocale(locale_);
  }
  ~ThreadLocale() {
    if (locale_ == nullptr) return;
    uselocale(before_);
    freelocale(locale_);
  }
  ThreadLocale(const ThreadLocale&) = delete;
  ThreadLocale& operator=(const ThreadLocale&) = delete;

 private:
  locale_t locale_ = nullptr, before_ = nullptr;
};

// The bytes of an entry's name. Zip marks some names as UTF-8, and libarchive has none for them in the C locale; other
// names may be bytes of any kind, and it has none for those in a UTF-8 locale.
std::string name_of(archive_entry* entry, ByteView archive, int64_t offset) {
  if (const char* const text = archive_entry_pathname(entry)) return text;
  const ThreadLocale utf8("C.UTF-8");
  Reader again(archive, offset);
  archive_entry* const same = again.next();
  const char* const text = same != nullptr ? archive_entry_pathname(same) : nullptr;
  if (text == nullptr) throw InputError("an entry without a name");
  return text;
}

// Normalised, where it stays inside of the archive.
std::string checked_name(const std::string& text, const std::string& archive_name) {
  const std::filesystem::path path(text);
  if (path.is_absolute()) throw ConfigError(archive_name + ": '" + text + "' is an absolute path");
  // before normalising, which would hide a/../b
  for (const auto& part : path) {
    if (part == "..") throw ConfigError(archive_name + ": '" + text + "' leads out of the archive");
  }
  return path.lexically_normal().generic_string();
}

}  // namespace

std::vector<ArchiveEntry> index_archive(ByteView archive, const std::string& name) {
  if (const std::string compression = compression_of(archive); !compression.empty()) {
    throw ConfigError(
        name + ": compressed with " + compression +
        ", so that no picture can be read without all before it; decompress it to a plain tar, or use zip");
  }
  std::vector<ArchiveEntry> entries;
  try {
    const ThreadLocale bytes_as_they_are("C");
    Reader reader(archive, 0);
    while (archive_entry* const entry = reader.next()) {
      const std::string entry_name = checked_name(name_of(entry, archive, reader.header_position()), name);
      if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) != nullptr) continue;
      if (archive_entry_is_encrypted(entry) != 0) throw ConfigError(name + ": '" + entry_name + "' is encrypted");
      entries.push_back({entry_name, reader.header_position()});
    }
  } catch (const InputError& error) {
    throw ConfigError(name + ": " + error.what());
  }
  std::sort(entries.begin(), entries.end(),
            [](const ArchiveEntry& a, const ArchiveEntry& b) { return a.name < b.name; });
  const auto twice =
      std::adjacent_find(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name == b.name; });
  if (twice != entries.end()) throw ConfigError(name + ": '" + twice->name + "' is in the archive twice");
  return entries;
}

std::vector<uint8_t> read_archive_entry(ByteView archive, const ArchiveEntry& entry, const std::string& label,
                                        int64_t max_bytes) {
  constexpr size_t kStep = size_t{1} << 18;
  try {
    Reader reader(archive, entry.offset);
    archive_entry* const header = reader.next();
    if (header == nullptr) throw InputError("it is no longer there");
    std::vector<uint8_t> bytes;
    if (archive_entry_size_is_set(header) != 0) {
      // a hint only: what is stored counts, and never more of it than allowed
      bytes.reserve(static_cast<size_t>(std::clamp<int64_t>(archive_entry_size(header), 0, kStep)));
    }
    while (true) {
      const size_t filled = bytes.size();
      bytes.resize(filled + kStep);
      const size_t got = reader.read(bytes.data() + filled, kStep);
      bytes.resize(filled + got);
      if (static_cast<int64_t>(bytes.size()) > max_bytes) {
        throw InputError("above the limit of " + std::to_string(max_bytes) + " bytes");
      }
      if (got == 0) return bytes;
    }
  } catch (const InputError& error) {
    throw InputError("cannot read " + label + ": " + error.what());
  }
}

}  // namespace multipole
