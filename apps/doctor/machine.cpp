#include "apps/doctor/machine.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <torch/cuda.h>
#include <torch/version.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include "datasets/codecs/codec_versions.h"

namespace multipole {
namespace {

std::string first_word_after(std::istream& lines, const std::string& key) {
  std::string line;
  while (std::getline(lines, line)) {
    if (line.rfind(key, 0) != 0) continue;
    const auto begin = line.find_first_not_of(" \t:", key.size());
    return begin == line.npos ? "" : line.substr(begin);
  }
  return "";
}

// /proc/meminfo counts in kB of 1024 bytes.
Json memory_bytes(const std::string& key) {
  std::ifstream file("/proc/meminfo");
  const std::string value = first_word_after(file, key);
  return value.empty() ? Json(nullptr) : Json(std::strtoll(value.c_str(), nullptr, 10) * 1024);
}

Json instruction_sets() {
  Json sets = Json::object();
#ifdef __x86_64__
  __builtin_cpu_init();
  sets["avx2"] = __builtin_cpu_supports("avx2") != 0;
  sets["fma"] = __builtin_cpu_supports("fma") != 0;
  sets["avx512f"] = __builtin_cpu_supports("avx512f") != 0;
  sets["avx512bw"] = __builtin_cpu_supports("avx512bw") != 0;
  sets["avx512vl"] = __builtin_cpu_supports("avx512vl") != 0;
  sets["avx512_bf16"] = __builtin_cpu_supports("avx512bf16") != 0;
  sets["amx_bf16"] = __builtin_cpu_supports("amx-bf16") != 0;
#endif
  return sets;
}

}  // namespace

Json describe_versions() {
  Json versions = {{"multipole", MULTIPOLE_VERSION}, {"libtorch", TORCH_VERSION}, {"compiler", "g++ " __VERSION__}};
  for (const auto& [name, version] : codec_versions()) versions[name] = version;
  return versions;
}

Json describe_processor() {
  std::ifstream file("/proc/cpuinfo");
  const std::string name = first_word_after(file, "model name");
  return {{"name", name.empty() ? "unknown" : name},
          {"cores", std::thread::hardware_concurrency()},
          {"threads", at::get_num_threads()},
          {"instruction_sets", instruction_sets()}};
}

Json describe_memory() { return {{"total", memory_bytes("MemTotal")}, {"available", memory_bytes("MemAvailable")}}; }

Json describe_disk() {
  std::error_code code;
  const auto folder = std::filesystem::current_path(code);
  const auto space = std::filesystem::space(folder, code);
  return {{"folder", folder.string()}, {"available", code ? Json(nullptr) : Json(space.available)}};
}

Json describe_devices() {
  Json cuda = {{"name", "cuda"}, {"available", torch::cuda::is_available()}, {"reason", ""}};
  if (!at::hasCUDA()) {
    cuda["reason"] = "this build of LibTorch is linked without CUDA";
  } else if (!torch::cuda::is_available()) {
    cuda["reason"] = "no usable NVIDIA GPU or driver";
  }
  return {{{"name", "cpu"}, {"available", true}, {"reason", ""}}, cuda};
}

}  // namespace multipole
