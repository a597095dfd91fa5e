// `segment predict --view`: the folder beside the map, there whole or not at all, and known to --resume.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "datasets/pictures/image_encode.h"
#include "tests/datasets/image_fixtures.h"
#include "tests/support/segment_command.h"

namespace multipole {
namespace {

class SegmentView : public test::SegmentCommand {
 protected:
  SegmentView() { folder_.write("in/p.png", encode_png(test::noise(70, 90))); }

  std::string input() const { return (folder_ / "in").string(); }
  test::ProcessResult view(std::vector<std::string> more = {}) const {
    more.insert(more.end(), {"--view", input()});
    return predict(more);
  }
  // Of the view, without the page and Leaflet.
  std::vector<std::string> data_files() const {
    std::vector<std::string> names;
    for (const auto& name : files()) {
      if (name.find("/page/") == name.npos && name.find("/leaflet/") == name.npos) names.push_back(name);
    }
    return names;
  }
};

TEST_F(SegmentView, AFolderBesideTheMap) {
  const auto result = view();
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(data_files(),
            (std::vector<std::string>{"p.png", "p.view/classes/0/0_0.js", "p.view/index.html", "p.view/map.js",
                                      "p.view/picture/0/0_0.jpg", "p.view/regions/0/0_0.js", "results.jsonl"}));
  EXPECT_EQ(results()[0]["view"], out("p.view/index.html").string());
  EXPECT_EQ(read_image(out("p.view/picture/0/0_0.jpg")).sizes(), (std::vector<int64_t>{70, 90, 3}));
  const std::string described = test::read_text(out("p.view/map.js"));
  EXPECT_NE(described.find("a \\\"tree\\\""), std::string::npos) << described;
}

TEST_F(SegmentView, UncertaintyIsALayerWhereItIsAskedFor) {
  ASSERT_EQ(view({"--uncertainty"}).exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(out("p.view/uncertainty/0/0_0.js")));
  ASSERT_EQ(view().exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(out("p.view/uncertainty"))) << "left of the folder before";
}

TEST_F(SegmentView, ResumeMissesAViewThatIsNotThere) {
  const auto num_done = [&](const test::ProcessResult& result) {
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.err.find("1 of 1 pictures are done") != std::string::npos ? 1 : 0;
  };
  ASSERT_EQ(predict({input()}).exit_code, 0);
  EXPECT_EQ(num_done(view({"--resume"})), 0) << "a run without views is no run with them";
  EXPECT_EQ(num_done(view({"--resume"})), 1);
  std::filesystem::remove_all(out("p.view"));
  EXPECT_EQ(num_done(view({"--resume"})), 0);
  EXPECT_TRUE(std::filesystem::exists(out("p.view/index.html")));
}

// Its last rows are missing: tiles of the first ones were written by then.
TEST_F(SegmentView, APictureThatFailsLeavesNoView) {
  auto bytes = encode_png(test::noise(1300, 600));
  bytes.resize(bytes.size() * 9 / 10);
  folder_.write("in/cut.png", bytes);
  const auto result = view({"--tile", "256"});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  for (const auto& name : files()) EXPECT_EQ(name.find("cut"), name.npos) << name;
  EXPECT_TRUE(std::filesystem::exists(out("p.view/index.html")));
}

// What a killed run left goes with the next one.
TEST_F(SegmentView, StaleFoldersAreRemoved) {
  ASSERT_EQ(view().exit_code, 0);
  const std::string stale = "out/p.view.tmp." + std::to_string(1 << 30);
  folder_.write(stale + "/picture/0/0_0.jpg", {1});
  ASSERT_EQ(view({"--resume"}).exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(folder_ / stale));
}

}  // namespace
}  // namespace multipole
