// Procedural data: balanced, deterministic, masks exact.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/error.h"
#include "datasets/synthetic/synthetic.h"
#include "datasets/synthetic/synthetic_figures.h"

namespace multipole {
namespace {

TEST(Synthetic, SamplesAreAFunctionOfSeedSplitAndIndex) {
  for (const std::string kind : {"classify", "segment", "long_range"}) {
    SyntheticConfig config{.kind = kind, .num_classes = 2, .image_size = 33};
    const SyntheticDataset train(config, "train"), again(config, "train"), val(config, "val");
    config.seed = 1;
    const SyntheticDataset other(config, "train");
    for (const int64_t index : {0, 1, 17}) {
      const Sample sample = train.get(index);
      EXPECT_EQ(sample.image.sizes(), (std::vector<int64_t>{33, 33, 3}));
      EXPECT_TRUE(torch::equal(sample.image, again.get(index).image));
      EXPECT_FALSE(torch::equal(sample.image, val.get(index).image));
      EXPECT_FALSE(torch::equal(sample.image, other.get(index).image));
    }
    EXPECT_EQ(train.size(), 2000);
    EXPECT_EQ(val.size(), 400);
  }
}

TEST(Synthetic, EveryClassHasANameOfItsOwn) {
  const auto names = synthetic_class_names({.num_classes = 144});
  EXPECT_EQ(std::set(names.begin(), names.end()).size(), 144u);
  EXPECT_EQ(names[0], "red_solid_circle");
  EXPECT_EQ(synthetic_class_names({.kind = "segment", .num_classes = 4}),
            (std::vector<std::string>{"background", "circle", "square", "triangle"}));
}

TEST(Synthetic, ClassesTakeTurns) {
  const SyntheticDataset dataset({.num_classes = 7, .train_images = 70}, "train");
  std::vector<int64_t> counts(7);
  for (int64_t i = 0; i < dataset.size(); ++i) ++counts[dataset.get(i).label];
  EXPECT_EQ(counts, std::vector<int64_t>(7, 10));
}

TEST(Synthetic, MasksCoverTheFiguresExactly) {
  // the ground is gray and every figure is coloured: the mask is where the synthetic_noise-free channels differ
  const SyntheticDataset dataset({.kind = "segment", .num_classes = 7, .image_size = 80}, "train");
  std::set<int64_t> seen;
  for (int64_t i = 0; i < 20; ++i) {
    const Sample sample = dataset.get(i);
    const torch::Tensor image = sample.image.to(torch::kInt);
    const torch::Tensor spread = image.amax(2) - image.amin(2);
    EXPECT_TRUE((spread.masked_select(sample.mask == 0) == 0).all().item<bool>());
    EXPECT_TRUE((spread.masked_select(sample.mask > 0) > 10).all().item<bool>());
    const auto ids = std::get<0>(torch::_unique(sample.mask));
    for (int64_t k = 0; k < ids.numel(); ++k) seen.insert(ids[k].item<int64_t>());
  }
  EXPECT_EQ(seen, (std::set<int64_t>{0, 1, 2, 3, 4, 5, 6}));
}

TEST(Synthetic, LongRangeMarksLieFarApartAndDecideTheLabel) {
  const SyntheticDataset dataset({.kind = "long_range", .num_classes = 2, .image_size = 64}, "train");
  std::map<std::string, int64_t> seen;
  for (int64_t i = 0; i < 200; ++i) {
    const Sample sample = dataset.get(i);
    const torch::Tensor image = sample.image.to(torch::kInt);
    const torch::Tensor colored = (image.amax(2) - image.amin(2)) > 40;
    EXPECT_FALSE(colored.slice(0, 22, 42).slice(1, 22, 42).any().item<bool>()) << "nothing near the centre";
    // opposite sides: each half of the picture has one mark, of about the same size
    const torch::Tensor places = torch::nonzero(colored).to(torch::kDouble) - 31.5;
    const int64_t axis = places.select(1, 0).abs().min().item<double>() > 10 ? 0 : 1;
    const torch::Tensor first = places.select(1, axis) < 0;
    EXPECT_NEAR(first.to(torch::kDouble).mean().item<double>(), 0.5, 0.2);
    const torch::Tensor red = (image.select(2, 0) > image.select(2, 1)).masked_select(colored).to(torch::kDouble);
    const bool one = red.masked_select(first).mean().item<double>() > 0.5;
    const bool other = red.masked_select(~first).mean().item<double>() > 0.5;
    EXPECT_EQ(sample.label, one == other ? 0 : 1);
    ++seen[std::string(one ? "red" : "green") + (other ? "red" : "green")];
  }
  ASSERT_EQ(seen.size(), 4u) << "every pair of colours";
  for (const auto& [pair, count] : seen) EXPECT_NEAR(count, 50, 25) << pair;
}

TEST(Synthetic, BadConfigsNameTheirKey) {
  const auto message = [](const SyntheticConfig& config) -> std::string {
    try {
      config.validate("synthetic");
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message({}), "");
  EXPECT_NE(message({.kind = "clasify"}).find("did you mean 'classify'"), std::string::npos);
  EXPECT_NE(message({.num_classes = 145}).find("2 to 144"), std::string::npos);
  EXPECT_NE(message({.kind = "long_range"}).find("num_classes"), std::string::npos);
  EXPECT_NE(message({.image_size = 8}).find("image_size"), std::string::npos);
  EXPECT_THROW(SyntheticDataset({}, "test"), ConfigError);
}

}  // namespace
}  // namespace multipole
