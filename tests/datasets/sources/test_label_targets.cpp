// Label sets through splits, cuts, folds and mixing.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "datasets/augmentation/batch_mix.h"
#include "datasets/formats/label_set.h"
#include "datasets/sources/all_pictures.h"
#include "datasets/sources/label_targets.h"
#include "datasets/sources/manifest_source.h"
#include "datasets/sources/split_selection.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using Names = std::vector<std::string>;

std::string target_refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

class LabelSets : public ::testing::Test {
 protected:
  ManifestSource source(const std::string& text) const {
    test::write_text(folder_ / "m.csv", text);
    return ManifestSource(folder_ / "m.csv", {}, {});
  }

  test::TemporaryFolder folder_;
};

TEST_F(LabelSets, SplitsKnowTrainsClassesAndTheirOwnSets) {
  const auto data = source("path,labels,split\n1,cat; dog,train\n2,,train\n3,dog,train\n4,cat,val\n5,dog;cat,val\n");
  EXPECT_TRUE(data.has_label_sets());
  const SplitSelection train = select_split(data, {});
  EXPECT_TRUE(train.has_label_sets);
  EXPECT_EQ(train.class_names, (Names{"", "cat;dog", "dog"}));
  EXPECT_EQ(train.items.size(), 3u);
  EXPECT_NE(train.description.find("3 pictures of 2 classes, any number"), std::string::npos) << train.description;
  const SplitSelection val = select_split(data, {.split = "val", .class_names = train.class_names});
  EXPECT_EQ(val.class_names, (Names{"", "cat;dog", "dog", "cat"})) << "train's places stay";
  const auto targets = label_set_targets(val.class_names, {"cat", "dog"}, "val");
  EXPECT_TRUE(torch::equal(targets, torch::tensor({{0.0f, 0.0f}, {1.0f, 1.0f}, {0.0f, 1.0f}, {1.0f, 0.0f}})));
  EXPECT_TRUE(list_all_pictures(data).problems.empty());
}

TEST_F(LabelSets, AClassThatTrainLacksIsNamed) {
  const auto data = source("path,labels,split\n1,cat;dog,train\n2,cat;bee,val\n");
  const SplitSelection val = select_split(data, {.split = "val"});
  const auto message = target_refusal([&] { label_set_targets(val.class_names, {"cat", "dog"}, "m.csv"); });
  EXPECT_EQ(message, "m.csv: 'bee' is no class of the training set or model");
  const auto problems = list_all_pictures(data).problems;
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_NE(problems[0].find("'bee;cat' (line 3)"), std::string::npos) << problems[0];
}

TEST_F(LabelSets, ColumnsNamedLabelStayAsTheyWere) {
  const auto data = source("path,label,split\n1,cat;dog,train\n2,cat,train\n3,cat;dog,val\n");
  EXPECT_FALSE(data.has_label_sets());
  const SplitSelection train = select_split(data, {});
  EXPECT_EQ(train.class_names, (Names{"cat", "cat;dog"}));
  EXPECT_NE(train.description.find("'cat;dog' is one class here"), std::string::npos) << train.description;
}

// Nearly every picture has a set of its own, as in real data: the classes are cut evenly all the same.
TEST_F(LabelSets, CutsAndFoldsKeepRareClassesEven) {
  std::string text = "path,labels\n";
  for (int i = 0; i < 60; ++i) {
    text += std::to_string(i) + ".png,common;n" + std::to_string(i);
    text += i % 6 == 0 ? ";rare\n" : "\n";
  }
  // "n<i>" is the rarest of all, so that every picture stands alone: nothing to hold out
  EXPECT_NE(target_refusal([&] { select_split(source(text), {.split = "val"}); }).find("nothing to validate on"),
            std::string::npos);
  text = "path,labels\n";
  for (int i = 0; i < 60; ++i) {
    text += std::to_string(i) + ".png,common";
    for (int bit = 0; bit < 4; ++bit) {
      if ((i * 7 + 3) >> bit & 1) text += ";b" + std::to_string(bit);
    }
    text += i % 6 == 0 ? ";rare\n" : "\n";
  }
  const auto data = source(text);
  const auto count_rare = [](const SplitSelection& split) {
    int64_t rare = 0;
    for (const auto& item : split.items) {
      rare += split.class_names[static_cast<size_t>(item.label)].find("rare") != std::string::npos;
    }
    return rare;
  };
  EXPECT_EQ(count_rare(select_split(data, {.split = "val"})), 2);
  EXPECT_EQ(count_rare(select_split(data, {.split = "train"})), 8);
  std::set<std::string> seen;
  for (int64_t fold = 1; fold <= 5; ++fold) {
    const auto val = select_split(data, {.split = "val", .folds = 5, .fold = fold});
    EXPECT_EQ(count_rare(val), 2) << fold;
    for (const auto& item : val.items) EXPECT_TRUE(seen.insert(item.picture.name).second);
  }
  EXPECT_EQ(seen.size(), 60u);
}

TEST(MultiLabelTargets, MixedAndSmoothed) {
  const auto sets = torch::tensor({{1.0f, 1.0f, 0.0f, 0.0f}, {0.0f, 1.0f, 0.0f, 1.0f}, {0.0f, 0.0f, 0.0f, 0.0f}});
  Batch batch;
  batch.images = torch::rand({3, 3, 8, 8});
  batch.labels = torch::tensor({2, 0, 1});
  batch.indices = {0, 1, 2};
  EXPECT_TRUE(torch::equal(multi_label_targets(batch, sets), sets.index_select(0, batch.labels)));
  const auto smooth = multi_label_targets(batch, sets, 0.2);
  EXPECT_TRUE(torch::allclose(smooth, sets.index_select(0, batch.labels) * 0.8 + 0.05));
  SampleRandom random(1, 2, 3, RandomStream::kMix);
  mix_batch(batch, {.mixup_alpha = 0.8}, random);
  ASSERT_TRUE(batch.mixed_labels.defined());
  const double kept = batch.mix_weight;
  const auto mixed = multi_label_targets(batch, sets);
  EXPECT_NEAR(mixed[0][1].item<double>(), 1 - kept, 1e-6) << "none, mixed with the last one's {1, 3}";
  EXPECT_NEAR(mixed[1][0].item<double>(), 1.0, 1e-6) << "the middle one is mixed with itself";
  EXPECT_NEAR(mixed[2][3].item<double>(), kept, 1e-6);
  EXPECT_EQ(class_occurrences({1, 2, 0}, sets), (std::vector<int64_t>{1, 3, 0, 1}));
}

}  // namespace
}  // namespace multipole
