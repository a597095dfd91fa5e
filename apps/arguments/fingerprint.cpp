#include "apps/arguments/fingerprint.h"

#include <sys/stat.h>

#include <fstream>
#include <vector>

#include "base/checksum.h"
#include "base/error.h"

namespace multipole {

std::string content_fingerprint(const std::filesystem::path& path) {
  constexpr size_t kPart = 1 << 20;
  std::ifstream file(path, std::ios::binary);
  std::vector<char> part(kPart);
  Checksum sum;
  while (file) {
    file.read(part.data(), static_cast<std::streamsize>(part.size()));
    sum.add(part.data(), static_cast<size_t>(file.gcount()));
  }
  if (!file.eof()) throw InputError("cannot read " + path.string());
  return checksum_text(sum.value());
}

std::string input_fingerprint(const std::string& settings, const std::filesystem::path& path) {
  struct stat status = {};
  std::string stamp = "absent";
  if (::stat(path.c_str(), &status) == 0) {
    stamp = std::to_string(status.st_size) + " " + std::to_string(status.st_mtim.tv_sec) + "." +
            std::to_string(status.st_mtim.tv_nsec);
  }
  return checksum_text(checksum(settings + '\0' + path.native() + '\0' + stamp));
}

}  // namespace multipole
