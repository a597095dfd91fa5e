// What a classifier may be asked of a picture, and what it answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace multipole {

struct ClassPrediction {
  std::string name;        // of the class
  int64_t index = 0;       // its place among the classes
  double probability = 0;  // calibrated, where the model file holds a temperature
};

// A model of one class a picture names the most probable ones, whose probabilities sum up to 1 over all classes. A
// model of several classes a picture names each whose own probability is above the threshold; there may be none.
struct ClassQuestion {
  std::optional<int64_t> top_k = {};     // at most so many, from 1 on; 5, or all above the threshold
  std::optional<double> threshold = {};  // from 0 to 1, for a model of several classes a picture alone; 0.5
  bool flip = false;                     // ask for the mirror image, too: answers are by the mean of both logits
};

inline constexpr double kDefaultThreshold = 0.5;

// Of one picture among several.
struct ClassAnswer {
  std::vector<ClassPrediction> predictions;  // the most probable first
  std::vector<std::string> notes;            // what reading a file left out or guessed
  std::string error;                         // why there is no answer; empty where there is one
};

}  // namespace multipole
