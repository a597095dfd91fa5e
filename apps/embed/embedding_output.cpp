#include "apps/embed/embedding_output.h"

#include <set>
#include <system_error>
#include <utility>

#include "apps/arguments/fingerprint.h"
#include "base/error.h"
#include "base/text.h"
#include "datasets/pictures/image_encode.h"
#include "datasets/pictures/image_files.h"
#include "datasets/pictures/preprocessing.h"
#include "engine/files/atomic_file.h"
#include "engine/files/npy_file.h"
#include "tasks/embedding/embedding_file.h"
#include "tasks/embedding/map_picture.h"

namespace multipole {
namespace {

constexpr const char* kPng = ".png";

// The picture of one map, under the name that the user gave.
class PictureFileOutput : public EmbeddingOutput {
 public:
  PictureFileOutput(std::filesystem::path path, EmbeddingFolderOutput::Write write)
      : path_(std::move(path)), write_(std::move(write)) {}
  void take(const EmbeddedPicture& picture) override {
    if (picture.embedding.error.empty()) write_(path_, picture.embedding.features);
  }
  void finish() override {}

 private:
  std::filesystem::path path_;
  EmbeddingFolderOutput::Write write_;
};

EmbeddingFolderOutput::Write picture_writer(int64_t size) {
  return [size](const std::filesystem::path& path, const torch::Tensor& map) {
    write_bytes(path, encode_png(principal_components_picture(map, size, size)));
  };
}

// In a folder of results; numbered, for two inputs may have one name.
std::filesystem::path file_name(int64_t index, const std::filesystem::path& input, const std::string& ending) {
  return pad_left(std::to_string(index), 6, '0') + "_" + input.stem().string() + ending;
}

// Throws ConfigError where the picture of an input would be written over an input.
void check_inputs_stay(const std::filesystem::path& folder, const std::vector<std::filesystem::path>& paths) {
  std::set<std::filesystem::path> inputs;
  for (const auto& path : paths) inputs.insert(std::filesystem::weakly_canonical(path));
  for (size_t i = 0; i < paths.size(); ++i) {
    const auto file = folder / file_name(static_cast<int64_t>(i), paths[i], kPng);
    if (!inputs.contains(std::filesystem::weakly_canonical(file))) continue;
    throw ConfigError("--pca " + folder.string() + ": " + file.string() + " would replace an input");
  }
}

std::unique_ptr<EmbeddingOutput> make_picture_output(const std::filesystem::path& target, int64_t size,
                                                     const std::vector<std::filesystem::path>& paths) {
  const bool is_folder = std::filesystem::is_directory(target) || !has_image_extension(target);
  if (is_folder) {
    check_inputs_stay(target, paths);
    return std::make_unique<EmbeddingFolderOutput>(target, kPng, picture_writer(size));
  }
  if (target.extension() != kPng) throw ConfigError("--pca " + target.string() + ": pictures are written as .png");
  if (paths.size() != 1) {
    throw ConfigError("--pca " + target.string() + ": a file for one picture, and these are " +
                      std::to_string(paths.size()) + "; name a folder");
  }
  std::error_code code;
  if (std::filesystem::equivalent(target, paths[0], code)) {
    throw ConfigError("--pca " + target.string() + " would replace the input");
  }
  return std::make_unique<PictureFileOutput>(target, picture_writer(size));
}

std::unique_ptr<EmbeddingOutput> make_feature_output(const EmbedOptions& options, const Embedder& embedder,
                                                     const std::vector<std::filesystem::path>& paths) {
  const std::filesystem::path target = options.out;
  if (options.map && (target.extension().empty() || std::filesystem::is_directory(target))) {
    return std::make_unique<EmbeddingFolderOutput>(target, ".npy", write_npy);
  }
  std::vector<std::string> names;
  for (const auto& path : paths) names.push_back(path.string());
  check_embedding_file(target, options.map ? FeatureKind::kMap : FeatureKind::kVector, names);
  const int64_t size = embedder.preprocessing().image_size, stride = embedder.map_stride();
  const int64_t side = (size + stride - 1) / stride;
  const auto shape = options.map ? std::vector<int64_t>{embedder.map_channels(), side, side}
                                 : std::vector<int64_t>{embedder.embedding_dim()};
  return std::make_unique<EmbeddingFileOutput>(
      target, shape,
      std::map<std::string, std::string>{{"model_checksum", content_fingerprint(options.model)},
                                         {"image_size", std::to_string(size)},
                                         {"normalized", options.normalize ? "true" : "false"},
                                         {"precision", embedder.precision()}});
}

}  // namespace

EmbeddingFileOutput::EmbeddingFileOutput(std::filesystem::path path, std::vector<int64_t> row_shape,
                                         std::map<std::string, std::string> about)
    : path_(std::move(path)), row_shape_(std::move(row_shape)), about_(std::move(about)) {}

void EmbeddingFileOutput::take(const EmbeddedPicture& picture) {
  if (!picture.embedding.error.empty()) return;
  names_.push_back(picture.path);
  rows_.push_back(picture.embedding.features);
}

void EmbeddingFileOutput::finish() {
  row_shape_.insert(row_shape_.begin(), 0);
  write_embeddings(path_, names_, rows_.empty() ? torch::empty(row_shape_) : torch::stack(rows_), about_);
}

EmbeddingFolderOutput::EmbeddingFolderOutput(std::filesystem::path folder, std::string ending, Write write)
    : folder_(std::move(folder)), ending_(std::move(ending)), write_(std::move(write)) {
  std::error_code code;
  std::filesystem::create_directories(folder_, code);
  if (code) throw ConfigError("cannot make the folder " + folder_.string() + ": " + code.message());
  remove_stale_temporaries(folder_);
  results_ = std::make_unique<LineFile>(folder_ / "results.jsonl", "");
}

void EmbeddingFolderOutput::take(const EmbeddedPicture& picture) {
  if (!picture.embedding.error.empty()) {
    results_->write(json_line({{"path", picture.path}, {"error", picture.embedding.error}}));
    return;
  }
  const auto name = file_name(picture.index, picture.path, ending_);
  write_(folder_ / name, picture.embedding.features);
  results_->write(json_line({{"path", picture.path}, {"file", name.string()}}));
}

void EmbeddingFolderOutput::finish() { results_->sync(); }

std::vector<std::unique_ptr<EmbeddingOutput>> make_embedding_outputs(const EmbedOptions& options,
                                                                     const Embedder& embedder,
                                                                     const std::vector<std::filesystem::path>& paths) {
  const bool both = !options.out.empty() && !options.pca.empty();
  if (both && std::filesystem::weakly_canonical(options.out) == std::filesystem::weakly_canonical(options.pca)) {
    throw ConfigError("--out and --pca are both " + options.pca +
                      ": each has a results.jsonl of its own; name two folders");
  }
  std::vector<std::unique_ptr<EmbeddingOutput>> outputs;
  if (!options.out.empty()) outputs.push_back(make_feature_output(options, embedder, paths));
  if (!options.pca.empty()) {
    outputs.push_back(make_picture_output(options.pca, embedder.preprocessing().image_size, paths));
  }
  return outputs;
}

}  // namespace multipole
