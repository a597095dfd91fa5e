// Features of several pictures in one file, with the pictures' names.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tasks/embedding/embedding.h"

namespace multipole {

// Row i of `features`, (N, embedding_dim) or (N, C, h, w) float32, belongs to names[i]. By the path's ending:
//
//   .npy          vectors; beside it FILE.txt has the names, one a line
//   .safetensors  the tensor "vectors" or "maps"; its metadata have "names", a JSON list, and what `about` holds
//   .csv          vectors: path,0,1,...: as many digits as give the same float32 again
//
// Each file is written whole or not at all. Throws as AtomicFile does, and ConfigError as the next function.
void write_embeddings(const std::filesystem::path& path, const std::vector<std::string>& names,
                      const torch::Tensor& features, const std::map<std::string, std::string>& about = {});

// Whether such features of pictures of these names can be written there: throws ConfigError for another ending, for
// maps in a format of vectors and for a name that no line holds. To be asked before the work.
void check_embedding_file(const std::filesystem::path& path, FeatureKind kind, const std::vector<std::string>& names);

// FILE.txt, the names beside a .npy.
std::filesystem::path names_file(const std::filesystem::path& path);

}  // namespace multipole
