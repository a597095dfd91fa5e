// Where `embed` puts features: one file of all pictures, or a folder with files of each.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "apps/embed/embed_options.h"
#include "apps/embed/list_embedder.h"
#include "apps/output/line_file.h"

namespace multipole {

class EmbeddingOutput {
 public:
  virtual ~EmbeddingOutput() = default;
  // The next picture, with features or without.
  virtual void take(const EmbeddedPicture& picture) = 0;
  // After the last, also where a signal made it the last.
  virtual void finish() = 0;
};

// All vectors, or all maps, in one file (tasks/embedding/embedding_file.h), which is written at the end. `about`: for a
// safetensors file's metadata. `row_shape`: of one picture's features.
class EmbeddingFileOutput : public EmbeddingOutput {
 public:
  EmbeddingFileOutput(std::filesystem::path path, std::vector<int64_t> row_shape,
                      std::map<std::string, std::string> about);
  void take(const EmbeddedPicture& picture) override;
  void finish() override;

 private:
  std::filesystem::path path_;
  std::vector<int64_t> row_shape_;
  std::map<std::string, std::string> about_;
  std::vector<std::string> names_;
  std::vector<torch::Tensor> rows_;
};

// A folder with <number of the input, six digits>_<name><ending> for each picture and results.jsonl, a line each in the
// order of the inputs: {"path", "file"} or {"path", "error"}.
class EmbeddingFolderOutput : public EmbeddingOutput {
 public:
  using Write = std::function<void(const std::filesystem::path& path, const torch::Tensor& features)>;

  // Makes the folder. Throws ConfigError where it cannot.
  EmbeddingFolderOutput(std::filesystem::path folder, std::string ending, Write write);
  void take(const EmbeddedPicture& picture) override;
  void finish() override;

 private:
  std::filesystem::path folder_;
  std::string ending_;
  Write write_;
  std::unique_ptr<LineFile> results_;
};

// What the options ask for: --out and --pca. Throws ConfigError where they cannot be written; asked before the work.
std::vector<std::unique_ptr<EmbeddingOutput>> make_embedding_outputs(const EmbedOptions& options,
                                                                     const Embedder& embedder,
                                                                     const std::vector<std::filesystem::path>& paths);

}  // namespace multipole
