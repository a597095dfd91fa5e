#include <gtest/gtest.h>

#include "tasks/segmentation/task/fresh_segmenter.h"

namespace multipole {
namespace {

const Json::json_pointer kReach("/model/backbone/attention/reach"), kResize("/model/head/resize");

// The settings after the choice.
Json chosen(Json settings, TrainContext context = {}) {
  context.given = settings;
  fit_fresh_segmenter(settings, context);
  return settings;
}

Json with_attention(const Json& attention) {
  return {{"model", {{"preset", "multipole_nano"}, {"backbone", {{"attention", attention}}}}}};
}

TEST(FreshSegmenter, NominalReachIsTheDefaultOfPyramidsWithMultipoleAttention) {
  EXPECT_EQ(chosen({{"model", {{"preset", "multipole_nano"}}}}).at(kReach), "nominal");
  EXPECT_EQ(chosen(with_attention({{"rank", 1}})).at(kReach), "nominal");
  EXPECT_EQ(chosen(with_attention({{"reach", "grid"}})).at(kReach), "grid") << "what the user says stays";
  EXPECT_FALSE(chosen(with_attention({{"type", "window"}})).contains(kReach));
  EXPECT_FALSE(chosen({{"model", {{"backbone", {{"family", "vit"}, {"attention", {{"type", "multipole2d"}}}}}}}})
                   .contains(kReach));
}

TEST(FreshSegmenter, ReachOfAModelThatTrainingStartsFromIsReplacedUnlessItIsASegmenter) {
  for (const char* task : {"classification", "segmentation"}) {
    TrainContext context;
    context.init = ModelMetadata{};
    context.init->task = task;
    Json settings = with_attention({{"type", "multipole2d"}, {"reach", "grid"}});  // as put below the user's own
    const auto lines = fit_fresh_segmenter(settings, context);
    const bool is_segmenter = std::string(task) == "segmentation";
    EXPECT_EQ(settings.at(kReach), is_segmenter ? "grid" : "nominal");
    EXPECT_EQ(lines.empty(), is_segmenter);
  }
}

TEST(FreshSegmenter, ReachOfARunThatGoesOnStays) {
  TrainContext context;
  context.earlier = with_attention({{"type", "multipole2d"}, {"reach", "grid"}});
  EXPECT_EQ(chosen(with_attention({{"rank", 1}}), context).at(kReach), "grid");
  context.earlier = with_attention({{"type", "multipole2d"}});
  EXPECT_FALSE(chosen(with_attention({{"rank", 1}}), context).contains(kReach)) << "begun before there was a choice";
}

TEST(FreshSegmenter, ResizesByStrideUnlessSomebodySaysOtherwise) {
  EXPECT_EQ(chosen({{"model", {{"preset", "multipole_nano"}}}}).at(kResize), "stride");
  EXPECT_EQ(chosen({{"model", {{"head", {{"resize", "stretch"}}}}}}).at(kResize), "stretch");
  TrainContext further;
  further.init = ModelMetadata{};
  further.init->task = "segmentation";
  EXPECT_FALSE(chosen({{"model", {{"preset", "multipole_nano"}}}}, further).contains(kResize));
  TrainContext earlier;
  earlier.earlier = {{"model", {{"preset", "multipole_nano"}}}};
  EXPECT_FALSE(chosen({{"model", {{"preset", "multipole_nano"}}}}, earlier).contains(kResize));
}

}  // namespace
}  // namespace multipole
