#include "tests/datasets/sources/archive_fixtures.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <stdexcept>

namespace multipole::test {

Bytes make_archive(const std::string& format, const ArchiveFiles& files) {
  const std::unique_ptr<archive, int (*)(archive*)> out(archive_write_new(), archive_write_free);
  const auto check = [&](int status) {
    if (status != ARCHIVE_OK) throw std::runtime_error(archive_error_string(out.get()));
  };
  const bool is_zip = format.starts_with("zip");
  check(archive_write_set_format_by_name(out.get(), is_zip ? "zip" : format == "tar" ? "pax" : format.c_str()));
  if (is_zip) {
    check(format == "zip" ? archive_write_zip_set_compression_deflate(out.get())
                          : archive_write_zip_set_compression_store(out.get()));
  }
  if (format == "tar") check(archive_write_set_options(out.get(), "hdrcharset=BINARY"));
  check(archive_write_set_bytes_in_last_block(out.get(), 1));
  size_t total = 1 << 20;
  for (const auto& [name, bytes] : files) total += bytes.size() + 4096;
  Bytes buffer(total);
  size_t used = 0;
  check(archive_write_open_memory(out.get(), buffer.data(), buffer.size(), &used));
  for (const auto& [name, bytes] : files) {
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(), archive_entry_free);
    archive_entry_copy_pathname(entry.get(), name.c_str());
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes.size()));
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0644);
    check(archive_write_header(out.get(), entry.get()));
    if (!bytes.empty()) archive_write_data(out.get(), bytes.data(), bytes.size());
  }
  check(archive_write_close(out.get()));
  buffer.resize(used);
  return buffer;
}

}  // namespace multipole::test
