#include <gtest/gtest.h>

#include "tasks/segmentation/task/bounded_reach.h"

namespace multipole {
namespace {

const Json::json_pointer kReach("/model/backbone/attention/reach");

// The settings after the choice.
Json chosen(Json settings, TrainContext context = {}) {
  context.given = settings;
  bound_reach(settings, context);
  return settings;
}

Json with_attention(const Json& attention) {
  return {{"model", {{"preset", "multipole_nano"}, {"backbone", {{"attention", attention}}}}}};
}

TEST(BoundedReach, IsTheDefaultOfPyramidsWithMultipoleAttention) {
  EXPECT_EQ(chosen({{"model", {{"preset", "multipole_nano"}}}}).at(kReach), "nominal");
  EXPECT_EQ(chosen(with_attention({{"rank", 1}})).at(kReach), "nominal");
  EXPECT_EQ(chosen(with_attention({{"reach", "grid"}})).at(kReach), "grid") << "what the user says stays";
  EXPECT_FALSE(chosen(with_attention({{"type", "window"}})).contains(kReach));
  EXPECT_FALSE(chosen({{"model", {{"backbone", {{"family", "vit"}, {"attention", {{"type", "multipole2d"}}}}}}}})
                   .contains(kReach));
}

TEST(BoundedReach, OfAModelThatTrainingStartsFromIsReplacedUnlessItIsASegmenter) {
  for (const char* task : {"classification", "segmentation"}) {
    TrainContext context;
    context.init = ModelMetadata{};
    context.init->task = task;
    Json settings = with_attention({{"type", "multipole2d"}, {"reach", "grid"}});  // as put below the user's own
    const auto lines = bound_reach(settings, context);
    const bool is_segmenter = std::string(task) == "segmentation";
    EXPECT_EQ(settings.at(kReach), is_segmenter ? "grid" : "nominal");
    EXPECT_EQ(lines.empty(), is_segmenter);
  }
}

TEST(BoundedReach, OfARunThatGoesOnStays) {
  TrainContext context;
  context.earlier = with_attention({{"type", "multipole2d"}, {"reach", "grid"}});
  EXPECT_EQ(chosen(with_attention({{"rank", 1}}), context).at(kReach), "grid");
  context.earlier = with_attention({{"type", "multipole2d"}});
  EXPECT_FALSE(chosen(with_attention({{"rank", 1}}), context).contains(kReach)) << "begun before there was a choice";
}

}  // namespace
}  // namespace multipole
