// What a study compares: configs/study/*.json.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/fields.h"

namespace multipole {

struct StudyVariant {
  std::string name;
  Json attention;
  Json config = Json::object();

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("name", self.name, "row of the table and folder of the runs: letters, digits, '-', '_' and '.'");
    field("attention", self.attention, "the backbone's attention, in place of the recipe's; null keeps that");
    field("config", self.config, "values merged over the recipe");
  }
  void validate(const std::string& where) const;
};

struct StudyConfig {
  std::string title = "study";
  std::string task = "classify";
  Json recipe = Json::object();
  std::vector<StudyVariant> variants;
  std::vector<int64_t> seeds = {0, 1, 2};
  std::string reference;
  std::vector<int64_t> resolutions = {32};
  int64_t batch_size = 8;
  double seconds = 1.0;

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("title", self.title, "heading of the report");
    field("task", self.task, "what is trained: classify or segment");
    field("recipe", self.recipe, "what all variants share, as in configs/classify or configs/segment");
    field("variants", self.variants, "what is compared");
    field("seeds", self.seeds, "each variant is trained once with each; none: nothing is trained");
    field("reference", self.reference,
          "variant with full attention; the others' outputs are compared with its own on its trained weights");
    field("resolutions", self.resolutions, "sides of the pictures that cost, speed and memory are measured with");
    field("batch_size", self.batch_size, "pictures at a time when speed and memory are measured");
    field("seconds", self.seconds, "seconds that each speed is measured for");
  }
  void validate(const std::string& where) const;
};

// The settings of the training of one variant with one seed: the recipe with what the variant changes.
Json study_run_config(const StudyConfig& study, const StudyVariant& variant, int64_t seed);

}  // namespace multipole
