// A training that takes a second: arguments of the command for a drawn data set and a small model on one thread.
#pragma once

#include <string>
#include <vector>

#include "tests/support/process.h"

namespace multipole::test {

inline ProcessResult draw_small_data(const std::string& out) {
  return run_multipole(
      {"data", "synth", "--out", out, "--classes", "2", "--train", "48", "--val", "16", "--size", "32", "--seed", "3"});
}

inline std::vector<std::string> small_training(const std::string& data, const std::string& out,
                                               const std::vector<std::string>& more) {
  std::vector<std::string> words = {"classify",
                                    "train",
                                    "--data",
                                    data,
                                    "--out",
                                    out,
                                    "--set",
                                    "model.backbone={\"embed_dims\":[16,16,24,24],\"depths\":[1,1,1,1],"
                                    "\"num_heads\":[2,2,2,2],\"drop_path_rate\":0}",
                                    "--set",
                                    "train.batch_size=16",
                                    "--set",
                                    "data.workers=0",
                                    "--set",
                                    "train.precision=float32",
                                    "--device",
                                    "cpu"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace multipole::test
