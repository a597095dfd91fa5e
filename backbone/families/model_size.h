// What a model takes before anything is computed with it, counted from its config: a digit too many is said at once
// instead of being found out by the machine's memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace multipole {

// What one field of a config makes small or large.
struct ModelPart {
  std::string name;       // "stage 0 (2 blocks of 64 channels)"
  double parameters = 0;  // doubles: products of sizes outgrow 64 bits
  double blocks = 0;      // transformer blocks
};

// Weights in float32, and what a training step keeps of each block beside its numbers (modules, graph, gradients: 150
// KB were measured).
inline constexpr double kBytesPerParameter = 4;
inline constexpr double kBytesPerBlock = 128 << 10;

// 2,147 million parameters; the largest preset has 90, and the largest published vision transformer that is read 1,840.
inline constexpr double kMostModelBytes = 8.0 * (1 << 30);

double count_parameters(const std::vector<ModelPart>& parts);

// Throws ConfigError that begins with `where` and names the largest part where the model takes more than
// kMostModelBytes.
void require_model_size(const std::vector<ModelPart>& parts, const std::string& where);

// "1.5 million parameters"
std::string parameters_text(double parameters);

}  // namespace multipole
