// Small texts and a small training of a language model.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tasks/sequence/byte_text.h"
#include "tasks/sequence/sequence_training.h"

namespace multipole::test {

inline ByteText text_of(const std::string& text) { return ByteText(std::vector<uint8_t>(text.begin(), text.end())); }

inline std::string repeated(const std::string& word, int64_t times) {
  std::string text;
  for (int64_t i = 0; i < times; ++i) text += word;
  return text;
}

inline SequenceTrainConfig small_config(const std::string& attention) {
  SequenceTrainConfig config;
  config.model = {.context = 32,
                  .embed_dim = 32,
                  .depth = 1,
                  .num_heads = 2,
                  .mlp_ratio = 2,
                  .attention = {{"type", attention}, {"causal", true}}};
  config.steps = 60;
  config.batch_size = 8;
  config.eval_every = 30;
  config.optimizer = {{"type", "adamw"}, {"lr", 0.01}};
  return config;
}

}  // namespace multipole::test
