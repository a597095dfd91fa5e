// A run that is stopped and resumed must end in the bits of one that never was. For any task: a test passes what
// trains.
#pragma once

#include <gtest/gtest.h>
#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "engine/files/safetensors.h"
#include "engine/training/train_result.h"
#include "tests/support/newest_state.h"
#include "tests/support/temporary_folder.h"

namespace multipole::test {

// Trains to a run folder and stops after `stop_after` steps of the whole run; -1: never.
using TrainCall = std::function<TrainResult(const std::filesystem::path& out, int64_t stop_after)>;

inline void expect_same_tensors(const std::filesystem::path& first, const std::filesystem::path& second) {
  const auto a = read_safetensors(first), b = read_safetensors(second);
  ASSERT_EQ(a.tensors.size(), b.tensors.size());
  for (const auto& [name, tensor] : a.tensors) EXPECT_TRUE(torch::equal(tensor, b.tensors.at(name))) << name;
}

// N steps against k steps, stop, resume, N - k steps, for every list of stops: the whole last state (weights, average,
// optimiser, random generators) and the best model are compared.
inline void expect_same_bits_after_stops(const TrainCall& train, const std::vector<std::vector<int64_t>>& stop_lists) {
  const TemporaryFolder folder;
  const int64_t num_steps = train(folder / "whole", -1).num_steps;
  for (const auto& stops : stop_lists) {
    std::string name = "stopped";
    for (const int64_t stop : stops) name.append("-").append(std::to_string(stop));
    SCOPED_TRACE(name);
    for (const int64_t stop : stops) {
      const auto stopped = train(folder / name, stop);
      EXPECT_EQ(stopped.stop_reason, StopReason::kStopToken);
      EXPECT_EQ(stopped.num_steps, stop);
    }
    EXPECT_EQ(train(folder / name, -1).num_steps, num_steps);
    expect_same_tensors(newest_state(folder / name), newest_state(folder / "whole"));
    expect_same_tensors(folder / name / "best.safetensors", folder / "whole" / "best.safetensors");
  }
}

}  // namespace multipole::test
