#include "tasks/embedding/embedding_file.h"

#include <array>
#include <charconv>

#include "base/error.h"
#include "base/json_text.h"
#include "datasets/formats/csv.h"
#include "engine/files/atomic_file.h"
#include "engine/files/npy_file.h"
#include "engine/files/safetensors.h"

namespace multipole {
namespace {

constexpr const char* kNpy = ".npy";
constexpr const char* kSafetensors = ".safetensors";
constexpr const char* kCsv = ".csv";

std::string lines_of(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += name + "\n";
  return text;
}

void append_number(std::string& text, float value) {
  std::array<char, 32> digits;  // more than the shortest form of any float32
  text.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

void write_csv(const std::filesystem::path& path, const std::vector<std::string>& names, const torch::Tensor& vectors) {
  AtomicFile file(path);
  std::string row = "path";
  for (int64_t j = 0; j < vectors.size(1); ++j) row += "," + std::to_string(j);
  file.write(row + "\n");
  const auto numbers = vectors.contiguous();
  const auto value = numbers.accessor<float, 2>();
  for (int64_t i = 0; i < value.size(0); ++i) {
    row = csv_field(names[static_cast<size_t>(i)]);
    for (int64_t j = 0; j < value.size(1); ++j) append_number(row += ',', value[i][j]);
    file.write(row + "\n");
  }
  file.commit();
}

}  // namespace

std::filesystem::path names_file(const std::filesystem::path& path) {
  auto beside = path;
  return beside += ".txt";
}

void check_embedding_file(const std::filesystem::path& path, FeatureKind kind, const std::vector<std::string>& names) {
  const std::string ending = path.extension().string();
  if (ending != kNpy && ending != kSafetensors && ending != kCsv) {
    throw ConfigError(path.string() + ": the ending says the format: .npy, .safetensors or .csv");
  }
  if (kind == FeatureKind::kMap && ending != kSafetensors) {
    throw ConfigError(path.string() +
                      ": maps of several pictures go to a .safetensors file, or to a folder as a .npy each");
  }
  if (ending != kNpy) return;
  for (const auto& name : names) {
    if (name.find('\n') == name.npos) continue;
    throw ConfigError("a line feed in the name '" + name + "': " + names_file(path).string() +
                      " has one name a line; write .csv or .safetensors");
  }
}

void write_embeddings(const std::filesystem::path& path, const std::vector<std::string>& names,
                      const torch::Tensor& features, const std::map<std::string, std::string>& about) {
  TORCH_CHECK(features.dim() == 2 || features.dim() == 4, "features: expected (N, D) or (N, C, h, w), got ",
              features.sizes());
  TORCH_CHECK(features.size(0) == static_cast<int64_t>(names.size()), "features of ", features.size(0),
              " pictures with ", names.size(), " names");
  const auto kind = features.dim() == 4 ? FeatureKind::kMap : FeatureKind::kVector;
  check_embedding_file(path, kind, names);
  const std::string ending = path.extension().string();
  if (ending == kCsv) return write_csv(path, names, features);
  if (ending == kNpy) {
    write_file_atomically(names_file(path), lines_of(names));
    return write_npy(path, features);
  }
  Safetensors content{.tensors = {{kind == FeatureKind::kMap ? "maps" : "vectors", features}}, .metadata = about};
  content.metadata["names"] = json_text(Json(names));
  write_safetensors(path, content);
}

}  // namespace multipole
