// A tar or zip archive: refused with ConfigError, or no entry's name leads out of it and every entry is read or refused
// with InputError.
#include <filesystem>

#include "base/error.h"
#include "datasets/sources/archive_index.h"
#include "datasets/sources/archive_kind.h"
#include "tests/datasets/sources/archive_fixtures.h"
#include "tests/fuzz/fuzz_target.h"

namespace multipole::fuzz {
namespace {

constexpr int64_t kMaxBytes = 1 << 16;

void check_name(const std::filesystem::path& name) {
  if (name.is_absolute()) fail("a name is relative");
  for (const auto& part : name) {
    if (part == "..") fail("a name stays in the archive");
  }
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> archives;
  for (const std::string format : {"tar", "gnutar", "ustar", "zip", "zip stored"}) {
    const test::Bytes bytes = test::make_archive(format, {{"a/1.png", {1, 2, 3}}, {"b/2.png", test::Bytes(40, 7)}});
    archives.emplace_back(bytes.begin(), bytes.end());
  }
  return archives;
}

}  // namespace multipole::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace multipole;
  const ByteView bytes(data, size);
  if (!is_archive(bytes)) return 0;
  try {
    for (const auto& entry : index_archive(bytes, "fuzz")) {
      fuzz::check_name(entry.name);
      try {
        read_archive_entry(bytes, entry, "fuzz", fuzz::kMaxBytes);
      } catch (const InputError&) {
      }
    }
  } catch (const ConfigError&) {
  }
  return 0;
}
