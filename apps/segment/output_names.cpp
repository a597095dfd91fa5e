#include "apps/segment/output_names.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/error.h"
#include "datasets/pictures/image_files.h"
#include "tasks/segmentation/view/map_view.h"

namespace multipole {
namespace {

namespace fs = std::filesystem;

fs::path stem_of(const fs::path& name, const fs::path& folder) {
  fs::path stem = folder / name;
  if (has_image_extension(stem)) stem.replace_extension();
  return stem;
}

OutputNames names_of(const fs::path& stem, const OutputKinds& kinds) {
  const auto with = [&stem](const char* ending) {
    fs::path path = stem;
    return path += ending;
  };
  OutputNames names;
  names.map = with(".png");
  names.geo_map = with(".tif");
  if (kinds.overlay) names.overlay = with(".overlay.jpg");
  if (kinds.legend) names.legend = with(".legend.svg");
  if (kinds.probability) names.probability = with(".probability.png");
  if (kinds.uncertainty) names.uncertainty = with(".uncertainty.png");
  if (kinds.view) names.view = with(".view");
  if (kinds.tile_check) names.tile_check = with(".tiles.png");
  if (kinds.vector) {
    names.vector = kinds.vector->file.empty() ? with(vector_suffix(kinds.vector->format)) : kinds.vector->file;
  }
  return names;
}

std::vector<fs::path> files_of(const OutputNames& names) {
  std::vector<fs::path> files;
  for (const auto& path : {names.map, names.overlay, names.legend, names.probability, names.uncertainty, names.vector,
                           names.tile_check, names.view, names.geo_map}) {
    if (!path.empty()) files.push_back(path);
  }
  return files;
}

// Whether a file, or the folder of a view, may be put at a path that no other input's files take.
bool may_replace(const fs::path& path, const OutputNames& names) {
  std::error_code code;
  if (path == names.view) return !fs::exists(path, code) || fs::exists(path / MapView::kSign, code);
  return !fs::is_directory(path, code);
}

// The file whatever its spelling, so that links and ".." do not hide that two names are one.
std::string identity(const fs::path& path) {
  std::error_code code;
  const fs::path real = fs::weakly_canonical(path, code);
  return code ? path.lexically_normal().native() : real.native();
}

// Who reads and writes which file.
class FilePlan {
 public:
  FilePlan(const std::vector<NamedInput>& inputs, const fs::path& folder) {
    for (const auto& input : inputs) {
      read_.insert(identity(input.path));
      for (fs::path path = (folder / input.name).parent_path(); path != folder && !path.empty();
           path = path.parent_path()) {
        if (!folders_.insert(path.native()).second) break;
      }
    }
  }

  bool reads(const fs::path& path) const { return read_.contains(identity(path)); }

  // Takes all of an input's files, or, where one of them is somebody's already, none and says whose in `namesake`.
  bool take(const OutputNames& names, const fs::path& input, fs::path& namesake) {
    const auto files = files_of(names);
    for (const auto& path : files) {
      const auto other = written_.find(path.native());
      if (other == written_.end() && !folders_.contains(path.native()) && may_replace(path, names)) continue;
      namesake = other == written_.end() ? path : other->second;
      return false;
    }
    for (const auto& path : files) written_.emplace(path.native(), input);
    return true;
  }

  // The stem with the first number that makes it free.
  OutputNames take_numbered(const fs::path& stem, const OutputKinds& kinds, const fs::path& input, fs::path namesake) {
    for (int64_t& number = numbers_.try_emplace(stem.native(), 1).first->second;;) {
      fs::path numbered = stem;
      OutputNames names = names_of(numbered += "_" + std::to_string(++number), kinds);
      fs::path other;
      const auto files = files_of(names);
      if (std::any_of(files.begin(), files.end(), [this](const auto& path) { return reads(path); })) continue;
      if (!take(names, input, other)) continue;
      names.namesake = std::move(namesake);
      return names;
    }
  }

 private:
  std::unordered_set<std::string> read_, folders_;
  std::unordered_map<std::string, fs::path> written_;  // by which input
  std::unordered_map<std::string, int64_t> numbers_;   // the last one of a stem
};

}  // namespace

std::vector<OutputNames> plan_outputs(const std::vector<NamedInput>& inputs, const fs::path& folder,
                                      const OutputKinds& kinds) {
  FilePlan plan(inputs, folder);
  std::vector<OutputNames> all;
  std::vector<size_t> later;  // numbers are given last, so that none takes another input's own name
  for (const auto& input : inputs) {
    OutputNames names = names_of(stem_of(input.name, folder), kinds);
    for (const auto& path : files_of(names)) {
      if (!plan.reads(path)) continue;
      throw ConfigError("--out " + folder.string() + ": " + path.string() +
                        " would replace an input; choose another folder");
    }
    if (!plan.take(names, input.path, names.namesake)) later.push_back(all.size());
    all.push_back(std::move(names));
  }
  for (const size_t i : later) {
    all[i] = plan.take_numbered(stem_of(inputs[i].name, folder), kinds, inputs[i].path, all[i].namesake);
  }
  return all;
}

bool are_there(const OutputNames& names) {
  const fs::path sign = names.view.empty() ? fs::path() : names.view / MapView::kSign;
  for (const auto& path :
       {names.map, names.overlay, names.legend, names.probability, names.uncertainty, names.tile_check, names.vector,
        sign}) {
    std::error_code code;
    if (!path.empty() && !fs::is_regular_file(path, code)) return false;
  }
  return true;
}

}  // namespace multipole
