#include "datasets/pictures/image_files.h"

#include <algorithm>
#include <system_error>

#include "base/error.h"
#include "base/lower_case.h"

namespace multipole {

namespace fs = std::filesystem;

namespace {

bool is_hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

// Entries of a folder but the hidden ones, in byte order of their names.
std::vector<fs::directory_entry> list_folder(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::directory_entry> entries;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (!is_hidden(it->path())) entries.push_back(*it);
  }
  if (error) throw ConfigError("cannot list " + folder.string() + ": " + error.message());
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.path().filename().native() < b.path().filename().native(); });
  return entries;
}

// `above`: the real paths of the folders that lead here.
void collect(const fs::path& folder, const std::function<bool(const fs::path&)>& is_wanted,
             std::vector<fs::path>& above, ImageFiles& found) {
  std::error_code error;
  const fs::path real = fs::canonical(folder, error);
  if (error) throw ConfigError("cannot list " + folder.string() + ": " + error.message());
  if (std::find(above.begin(), above.end(), real) != above.end()) {
    throw ConfigError(folder.string() + ": a link back to a folder that holds it (" + real.string() + ")");
  }
  above.push_back(real);
  for (const auto& entry : list_folder(folder)) {
    if (entry.is_directory(error)) {
      collect(entry.path(), is_wanted, above, found);
    } else if (is_wanted(entry.path())) {
      found.paths.push_back(entry.path());
    } else {
      ++found.num_other_files;
    }
  }
  above.pop_back();
}

}  // namespace

const std::vector<std::string>& image_extensions() {
  static const std::vector<std::string> extensions = {".jpg",  ".jpeg", ".jpe", ".jfif", ".png",
                                                      ".webp", ".bmp",  ".gif", ".tif",  ".tiff"};
  return extensions;
}

std::string image_extension_list() {
  std::string text;
  for (const auto& extension : image_extensions()) text += (text.empty() ? "" : ", ") + extension;
  return text;
}

bool has_image_extension(const fs::path& path) {
  const std::string extension = lower_case(path.extension().string());
  const auto& known = image_extensions();
  return std::find(known.begin(), known.end(), extension) != known.end();
}

ImageFiles find_files(const fs::path& folder, const std::function<bool(const fs::path&)>& is_wanted) {
  ImageFiles found;
  std::vector<fs::path> above;
  collect(folder, is_wanted, above, found);
  std::sort(found.paths.begin(), found.paths.end(),
            [](const fs::path& a, const fs::path& b) { return a.native() < b.native(); });
  return found;
}

ImageFiles find_image_files(const fs::path& folder) { return find_files(folder, has_image_extension); }

std::vector<std::string> subfolder_names(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : list_folder(folder)) {
    if (entry.is_directory(error)) names.push_back(entry.path().filename().string());
  }
  return names;
}

}  // namespace multipole
