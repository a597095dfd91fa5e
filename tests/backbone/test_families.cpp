#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "backbone/registry.h"
#include "base/error.h"
#include "tests/backbone/registered_grid.h"
#include "tests/support/grid_family.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

// Every family in the registry and one that only this test knows, each small.
class FamiliesTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { test::register_grid_family(); }

  static Json small_config(const std::string& family) {
    static const std::map<std::string, Json> small = {
        {"pyramid",
         {{"image_size", 32},
          {"stem_stride", 2},
          {"embed_dims", {8, 12, 16, 20}},
          {"depths", {1, 2, 1, 1}},
          {"num_heads", {2, 3, 4, 5}}}},
        {"vit",
         {{"image_size", 32},
          {"patch_size", 8},
          {"embed_dim", 16},
          {"depth", 3},
          {"num_heads", 2},
          {"register_tokens", 2},
          {"layer_scale_init", 0.5},
          {"pooling", "attention"},
          {"pool_norm", true},
          {"pre_norm", true},
          {"projection_dim", 5},
          {"map_blocks", {0, 1, 1, 2}},
          {"pyramid", true}}},
        {"grid", Json::object()},
    };
    Json config = small.at(family);  // a new family belongs into this map
    config["family"] = family;
    return resolve_backbone_config(config, "backbone");
  }

  static std::shared_ptr<Backbone> make(const std::string& family) {
    torch::manual_seed(test::test_seed());
    return make_backbone(small_config(family), "backbone");
  }
};

TEST_F(FamiliesTest, MapsAreWhatTheInfoSaysAtAnySize) {
  const torch::NoGradGuard no_grad;
  for (const auto& family : backbone_families().names()) {
    SCOPED_TRACE(family);
    const auto backbone = make(family);
    const auto info = backbone->feature_info();
    ASSERT_FALSE(info.empty());
    EXPECT_GT(backbone->image_size(), 0);
    const auto counted = backbone_feature_info(small_config(family), "backbone");
    ASSERT_EQ(counted.size(), info.size());
    for (int i = 0; i < 3; ++i) {
      const int64_t height = test::random_int(1, 70), width = test::random_int(1, 70);
      const auto maps = backbone->forward_intermediates(torch::randn({2, 3, height, width}));
      ASSERT_EQ(maps.size(), info.size());
      for (size_t map = 0; map < maps.size(); ++map) {
        const int64_t stride = info[map].stride;
        EXPECT_EQ(counted[map].num_channels, info[map].num_channels);
        EXPECT_EQ(counted[map].stride, stride);
        EXPECT_EQ(maps[map].sizes(), (std::vector<int64_t>{2, info[map].num_channels, (height + stride - 1) / stride,
                                                           (width + stride - 1) / stride}));
        EXPECT_TRUE(maps[map].isfinite().all().item<bool>());
      }
    }
  }
}

TEST_F(FamiliesTest, AResolvedConfigStaysAndCountsItsParameters) {
  for (const auto& family : backbone_families().names()) {
    SCOPED_TRACE(family);
    const Json config = small_config(family);
    EXPECT_EQ(resolve_backbone_config(config, "backbone"), config);
    EXPECT_EQ(config.contains("family"), family != kDefaultFamily) << "files of before have no such key";
    double parameters = 0;
    for (const auto& parameter : make(family)->parameters()) parameters += static_cast<double>(parameter.numel());
    EXPECT_EQ(count_parameters(backbone_parts(config, "backbone")), parameters);
    for (const auto& attention : backbone_attentions(config, "backbone")) EXPECT_TRUE(attention.contains("type"));
  }
}

TEST_F(FamiliesTest, EmbedsEveryPictureInOneVector) {
  const torch::NoGradGuard no_grad;
  for (const auto& family : backbone_families().names()) {
    SCOPED_TRACE(family);
    const auto backbone = make(family);
    EXPECT_EQ(backbone_embedding_dim(small_config(family), "backbone"), backbone->embedding_dim());
    const auto images = torch::randn({3, 3, test::random_int(1, 50), test::random_int(1, 50)});
    const auto all = backbone->embed(images);
    EXPECT_EQ(all.sizes(), (std::vector<int64_t>{3, backbone->embedding_dim()}));
    EXPECT_TRUE(torch::allclose(backbone->embed(images.narrow(0, 1, 1)), all.narrow(0, 1, 1), 1e-4, 1e-5));
  }
}

TEST_F(FamiliesTest, LayerGroupsHoldEveryParameterOnce) {
  for (const auto& family : backbone_families().names()) {
    SCOPED_TRACE(family);
    const auto backbone = make(family);
    std::multiset<std::string> grouped;
    for (const auto& group : backbone->layer_groups()) {
      EXPECT_FALSE(group.empty());
      grouped.insert(group.begin(), group.end());
    }
    std::multiset<std::string> all;
    for (const auto& parameter : backbone->named_parameters()) all.insert(parameter.key());
    EXPECT_EQ(grouped, all);
    for (const auto& name : backbone->no_weight_decay()) EXPECT_TRUE(all.contains(name)) << name;
  }
}

TEST_F(FamiliesTest, TellsItsAttentionAndWhatThatIsGiven) {
  const torch::NoGradGuard no_grad;
  for (const auto& family : backbone_families().names()) {
    SCOPED_TRACE(family);
    const auto backbone = make(family);
    const auto modules = backbone->named_modules();
    std::vector<std::string> visited, observed;
    backbone->visit_attention([&](const AttentionPlace& place, Attention& attention) {
      visited.push_back(place.name);
      EXPECT_EQ(modules[place.name].get(), &attention) << place.name;
    });
    ASSERT_FALSE(visited.empty());
    const auto images = torch::randn({1, 3, test::random_int(9, 50), test::random_int(9, 50)});
    const auto alone = backbone->forward_features(images);
    backbone->observe_attention([&](const AttentionPlace& place, const torch::Tensor& input) {
      observed.push_back(place.name);
      EXPECT_EQ(input.size(3), place.shape.embed_dim);
      EXPECT_EQ(input.size(1), (images.size(2) + place.stride - 1) / place.stride);
    });
    EXPECT_TRUE(backbone->forward_features(images).equal(alone)) << "looking changes nothing";
    EXPECT_EQ(observed, visited);
    backbone->observe_attention({});
    backbone->forward_features(images);
    EXPECT_EQ(observed.size(), visited.size());
  }
}

TEST_F(FamiliesTest, TellsWhatItsAttentionGives) {
  const torch::NoGradGuard no_grad;
  for (const auto& family : backbone_families().names()) {
    SCOPED_TRACE(family);
    const auto backbone = make(family);
    std::map<std::string, Attention*> modules;
    backbone->visit_attention(
        [&](const AttentionPlace& place, Attention& attention) { modules[place.name] = &attention; });
    const auto images = torch::randn({2, 3, test::random_int(9, 50), test::random_int(9, 50)});
    const auto alone = backbone->forward_features(images);
    size_t calls = 0;
    backbone->observe_attention_calls([&](const AttentionPlace& place, const AttentionCall& call) {
      ++calls;
      const int64_t tokens = call.grid.height * call.grid.width;
      ASSERT_EQ(call.input.size(1), place.shape.prefix_tokens + tokens);
      auto* attention = modules.at(place.name);
      const auto again =
          place.shape.prefix_tokens > 0 || call.grid.rotary.defined()
              ? attention->forward_sequence(call.input.clone(), call.grid)
              : attention->forward(call.input.unflatten(1, {call.grid.height, call.grid.width}).clone()).flatten(1, 2);
      EXPECT_TRUE(again.equal(call.output)) << place.name;
    });
    EXPECT_TRUE(backbone->forward_features(images).equal(alone)) << "looking changes nothing";
    EXPECT_EQ(calls, modules.size());
    backbone->observe_attention_calls({});
    backbone->forward_features(images);
    EXPECT_EQ(calls, modules.size());
  }
}

TEST_F(FamiliesTest, GivesMapsAndEmbeddingTogether) {
  const torch::NoGradGuard no_grad;
  for (const auto& family : backbone_families().names()) {
    SCOPED_TRACE(family);
    const auto backbone = make(family);
    const auto images = torch::randn({2, 3, test::random_int(9, 50), test::random_int(9, 50)});
    const auto maps = backbone->forward_intermediates(images);
    const auto both = backbone->forward_all(images);
    ASSERT_EQ(both.maps.size(), maps.size());
    for (size_t i = 0; i < maps.size(); ++i) EXPECT_TRUE(both.maps[i].equal(maps[i]));
    EXPECT_TRUE(both.embedding.equal(backbone->embed(images)));
  }
}

TEST_F(FamiliesTest, CostsGrowWithThePicture) {
  for (const auto& family : backbone_families().names()) {
    SCOPED_TRACE(family);
    const auto backbone = make(family);
    const auto small = backbone->cost(32, 48), large = backbone->cost(128, 48);
    EXPECT_GT(small.attention.flops, 0);
    EXPECT_GT(small.flops, small.attention.flops);
    EXPECT_GT(large.flops, 2 * small.flops);
  }
}

TEST_F(FamiliesTest, CheckpointingChangesNoGradient) {
  for (const auto& family : backbone_families().names()) {
    SCOPED_TRACE(family);
    const auto images = torch::randn({2, 3, test::random_int(9, 40), test::random_int(9, 40)});
    std::vector<torch::Tensor> gradients[2];
    for (const bool on : {false, true}) {
      const auto backbone = make(family);
      backbone->set_gradient_checkpointing(on);
      const auto map = backbone->forward_features(images);
      (map * torch::linspace(-1, 1, map.numel()).view_as(map)).sum().backward();
      for (const auto& parameter : backbone->parameters()) gradients[on].push_back(parameter.grad());
    }
    ASSERT_EQ(gradients[0].size(), gradients[1].size());
    for (size_t i = 0; i < gradients[0].size(); ++i) {
      if (!gradients[0][i].defined() && !gradients[1][i].defined()) continue;
      EXPECT_TRUE(torch::allclose(gradients[0][i], gradients[1][i], 1e-4, 1e-6)) << i;
    }
  }
}

TEST_F(FamiliesTest, NamesTheNearestFamily) {
  const auto message = [](const Json& config) -> std::string {
    try {
      resolve_backbone_config(config, "model.backbone");
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message({{"family", "pyramids"}}),
            "model.backbone.family: unknown family of backbones 'pyramids', did you mean 'pyramid'?");
  EXPECT_EQ(message({{"family", 3}}), "model.backbone.family: expected a string, got 3");
  EXPECT_THROW(backbone_families().add("pyramid", test::grid_family()), std::logic_error);
}

}  // namespace
}  // namespace multipole
