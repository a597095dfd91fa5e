#include "tests/support/golden_file.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace multipole::test {
namespace {

std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

const at::Tensor& GoldenFile::at(const std::string& tensor) const {
  const auto found = tensors.find(tensor);
  if (found == tensors.end()) throw std::out_of_range("golden file " + name + " has no tensor " + tensor);
  return found->second;
}

std::vector<at::Tensor> GoldenFile::list(const std::string& prefix, int64_t count) const {
  std::vector<at::Tensor> result;
  for (int64_t i = 1; i <= count; ++i) result.push_back(at(prefix + "." + std::to_string(i)));
  return result;
}

GoldenFile read_golden_file(const std::filesystem::path& path) {
  const std::string bytes = read_bytes(path);
  uint64_t header_length = 0;
  if (bytes.size() < sizeof(header_length)) throw std::runtime_error(path.string() + " is too short");
  std::memcpy(&header_length, bytes.data(), sizeof(header_length));
  const size_t data_begin = sizeof(header_length) + header_length;
  const nlohmann::json header = nlohmann::json::parse(bytes.substr(sizeof(header_length), header_length));

  GoldenFile golden;
  golden.name = path.stem().string();
  golden.parameters = nlohmann::json::parse(header.at("__metadata__").at("case").get<std::string>());
  for (const auto& [key, entry] : header.items()) {
    if (key == "__metadata__") continue;
    if (entry.at("dtype") != "F32") throw std::runtime_error(path.string() + ": " + key + " is not float32");
    const auto shape = entry.at("shape").get<std::vector<int64_t>>();
    const auto offsets = entry.at("data_offsets").get<std::vector<size_t>>();
    at::Tensor tensor = at::empty(shape, at::kFloat);
    if (offsets.at(1) - offsets.at(0) != tensor.nbytes() || data_begin + offsets.at(1) > bytes.size()) {
      throw std::runtime_error(path.string() + ": " + key + " has the wrong number of bytes");
    }
    std::memcpy(tensor.data_ptr(), bytes.data() + data_begin + offsets.at(0), tensor.nbytes());
    golden.tensors.emplace(key, tensor);
  }
  return golden;
}

std::vector<GoldenFile> read_golden_files(const std::string& prefix) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(MULTIPOLE_SOURCE_DIR) / "tests/golden")) {
    const std::string file = entry.path().filename().string();
    if (file.rfind(prefix, 0) == 0 && entry.path().extension() == ".safetensors") paths.push_back(entry.path());
  }
  if (paths.empty()) throw std::runtime_error("tests/golden has no file " + prefix + "*.safetensors");
  std::sort(paths.begin(), paths.end());
  std::vector<GoldenFile> files;
  for (const auto& path : paths) files.push_back(read_golden_file(path));
  return files;
}

}  // namespace multipole::test
