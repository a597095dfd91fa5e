#include "apps/segment/output_names.h"

#include <set>
#include <string>
#include <unordered_map>

#include "backbone/config/error.h"
#include "datasets/image_files.h"

namespace multipole {
namespace {

namespace fs = std::filesystem;

OutputNames names_of(const fs::path& name, const fs::path& folder, const OutputKinds& kinds) {
  fs::path stem = folder / name;
  if (has_image_extension(stem)) stem.replace_extension();
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
  return names;
}

// The file whatever its spelling, so that links and ".." do not hide that two names are one.
std::string identity(const fs::path& path) {
  std::error_code code;
  const fs::path real = fs::weakly_canonical(path, code);
  return code ? path.lexically_normal().native() : real.native();
}

}  // namespace

std::vector<OutputNames> plan_outputs(const std::vector<NamedInput>& inputs, const fs::path& folder,
                                      const OutputKinds& kinds) {
  std::set<std::string> read;
  for (const auto& input : inputs) read.insert(identity(input.path));
  std::unordered_map<std::string, fs::path> written;
  std::vector<OutputNames> all;
  for (const auto& input : inputs) {
    const OutputNames names = names_of(input.name, folder, kinds);
    for (const auto& path :
         {names.map, names.overlay, names.legend, names.probability, names.uncertainty, names.geo_map}) {
      if (path.empty()) continue;
      if (read.contains(identity(path))) {
        throw ConfigError("--out " + folder.string() + ": " + path.string() +
                          " would replace an input; choose another folder");
      }
      const auto [other, is_new] = written.emplace(path.native(), input.path);
      if (!is_new) {
        throw ConfigError(other->second.string() + " and " + input.path.string() + " would both be written to " +
                          path.string() + "; rename one or run them into different folders");
      }
    }
    all.push_back(names);
  }
  return all;
}

}  // namespace multipole
