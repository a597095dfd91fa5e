// Golden files: float32 safetensors that hold one case of the op, with its inputs, outputs and gradients, and in the
// metadata its parameters. They were computed in float64 from the dense definition of the mechanism.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace multipole::test {

struct GoldenFile {
  std::string name;
  nlohmann::json parameters;                  // the metadata entry "case": {"B": 2, "H": 16, ...}
  std::map<std::string, at::Tensor> tensors;  // "q", "out", "grad.q", "k_merge_basis.1", ...

  // Throws std::out_of_range naming the file and the tensor where it is missing.
  const at::Tensor& at(const std::string& tensor) const;
  bool contains(const std::string& tensor) const { return tensors.count(tensor) > 0; }
  // The tensors "<prefix>.1" to "<prefix>.<count>".
  std::vector<at::Tensor> list(const std::string& prefix, int64_t count) const;
};

GoldenFile read_golden_file(const std::filesystem::path& path);

// All files of tests/golden whose name starts with `prefix`, sorted; throws where there are none.
std::vector<GoldenFile> read_golden_files(const std::string& prefix);

}  // namespace multipole::test
