#include "tasks/segmentation/view/leaflet.h"

#include <array>
#include <system_error>

#include "base/error.h"

namespace multipole {
namespace {

namespace fs = std::filesystem;

constexpr std::array kFiles = {"leaflet.min.js", "leaflet.css"};
constexpr const char* kCopyright = "copyright";  // the licence asks that it goes along

bool holds_leaflet(const fs::path& folder) {
  std::error_code code;
  for (const char* const file : kFiles) {
    if (!fs::is_regular_file(folder / file, code)) return false;
  }
  return true;
}

// PREFIX/share/multipole/leaflet of a program in PREFIX/lib/multipole.
fs::path installed_leaflet() {
  std::error_code code;
  const fs::path program = fs::read_symlink("/proc/self/exe", code);
  return program.parent_path() / "../../share/multipole/leaflet";
}

void copy_into(const fs::path& from, const fs::path& to) {
  std::error_code code;
  fs::copy_file(from, to, code);
  if (code) throw ResourceError("cannot copy " + from.string() + " to " + to.string() + ": " + code.message());
}

}  // namespace

std::vector<fs::path> leaflet_folders() { return {installed_leaflet(), MULTIPOLE_LEAFLET_FOLDER}; }

fs::path find_leaflet(const std::vector<fs::path>& folders) {
  for (const auto& folder : folders) {
    if (holds_leaflet(folder)) return folder;
  }
  throw ConfigError("a map to look at is drawn by Leaflet, which is not in " + folders.back().string() +
                    ": install the package libjs-leaflet (apt-get install libjs-leaflet)");
}

void copy_leaflet(const fs::path& from, const fs::path& to) {
  std::error_code code;
  fs::create_directories(to, code);
  if (code) throw ResourceError("cannot make the folder " + to.string() + ": " + code.message());
  for (const char* const file : kFiles) copy_into(from / file, to / file);
  for (const auto& copyright : {from / kCopyright, fs::path(MULTIPOLE_LEAFLET_COPYRIGHT)}) {
    if (!fs::is_regular_file(copyright, code)) continue;
    copy_into(copyright, to / kCopyright);
    return;
  }
}

}  // namespace multipole
