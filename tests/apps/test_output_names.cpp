// Which file each result goes to.
#include <gtest/gtest.h>

#include "apps/segment/output_names.h"
#include "base/error.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

TEST(OutputNames, TheInputsNameBelowTheFolder) {
  const auto names =
      plan_outputs({{"in/a/x.JPG", "a/x.JPG"}, {"notes.2024", "notes.2024"}, {"y.tar.png", "y.tar.png"}}, "out",
                   {.overlay = true, .legend = true, .probability = true, .uncertainty = true, .view = true});
  EXPECT_EQ(names[0].map, "out/a/x.png");
  EXPECT_EQ(names[0].overlay, "out/a/x.overlay.jpg");
  EXPECT_EQ(names[0].legend, "out/a/x.legend.svg");
  EXPECT_EQ(names[0].probability, "out/a/x.probability.png");
  EXPECT_EQ(names[0].uncertainty, "out/a/x.uncertainty.png");
  EXPECT_EQ(names[0].view, "out/a/x.view");
  EXPECT_EQ(names[0].geo_map, "out/a/x.tif");
  EXPECT_EQ(names[1].map, "out/notes.2024.png");
  EXPECT_EQ(names[2].map, "out/y.tar.png");
}

// The first of several inputs keeps the name, later ones are numbered, and no number takes another input's own name.
TEST(OutputNames, ANameThatIsTakenIsNumbered) {
  const auto maps = [](const std::vector<NamedInput>& inputs, const OutputKinds& kinds) {
    std::vector<std::string> names;
    for (const auto& planned : plan_outputs(inputs, "out", kinds)) names.push_back(planned.map.string());
    return names;
  };
  const std::vector<NamedInput> inputs = {{"in/x.png", "x.png"},     {"in/x.jpg", "x.jpg"}, {"b/x.png", "x.png"},
                                          {"in/x_2.png", "x_2.png"}, {"in/x.png", "x.png"}, {"in/y.png", "y.png"}};
  EXPECT_EQ(maps(inputs, {}), (std::vector<std::string>{"out/x.png", "out/x_3.png", "out/x_4.png", "out/x_2.png",
                                                        "out/x_5.png", "out/y.png"}));
  const auto planned = plan_outputs(inputs, "out", {.overlay = true});
  EXPECT_EQ(planned[1].overlay, "out/x_3.overlay.jpg");
  EXPECT_EQ(planned[1].geo_map, "out/x_3.tif");
  EXPECT_EQ(planned[1].namesake, "in/x.png");
  EXPECT_EQ(planned[0].namesake, "");

  const std::vector<NamedInput> kinds = {{"x.png", "x.png"}, {"x.probability.jpg", "x.probability.jpg"}};
  EXPECT_EQ(maps(kinds, {}), (std::vector<std::string>{"out/x.png", "out/x.probability.png"}));
  EXPECT_EQ(maps(kinds, {.probability = true}), (std::vector<std::string>{"out/x.png", "out/x.probability_2.png"}));
  // a folder of that name must be made for another input
  EXPECT_EQ(maps({{"in/x.jpg", "x.jpg"}, {"in/x.png/y.png", "x.png/y.png"}}, {}),
            (std::vector<std::string>{"out/x_2.png", "out/x.png/y.png"}));
}

TEST(OutputNames, AFolderThatIsNoViewIsNotReplaced) {
  const test::TemporaryFolder folder;
  const auto view_of = [&] {
    return plan_outputs({{"in/x.png", "x.png"}}, folder / "out", {.view = true}).front().view;
  };
  folder.write("out/x.view/notes.txt", {1});
  EXPECT_EQ(view_of(), folder / "out/x_2.view");
  folder.write("out/x.view/map.js", {1});
  EXPECT_EQ(view_of(), folder / "out/x.view");
}

TEST(OutputNames, PolygonsBesideTheMapOrWhereTheyAreWanted) {
  const std::vector<NamedInput> input = {{"in/a/x.JPG", "a/x.JPG"}};
  const auto vector = [&](const VectorTarget& target) {
    return plan_outputs(input, "out", {.vector = target})[0].vector;
  };
  EXPECT_EQ(vector({VectorFormat::kGeoJson, {}}), "out/a/x.geojson");
  EXPECT_EQ(vector({VectorFormat::kGeoPackage, {}}), "out/a/x.gpkg");
  EXPECT_EQ(vector({VectorFormat::kGeoPackage, "elsewhere/y.gpkg"}), "elsewhere/y.gpkg");
  EXPECT_THROW(plan_outputs({{"x.geojson", "x.geojson"}}, "out", {.vector = VectorTarget{{}, "x.geojson"}}),
               ConfigError);
}

TEST(OutputNames, ManyOfOneName) {
  const std::vector<NamedInput> inputs(20000, {"in/x.png", "x.png"});
  EXPECT_EQ(plan_outputs(inputs, "out", {}).back().map, "out/x_20000.png");
}

TEST(OutputNames, ANumberedNameReplacesNoInput) {
  const test::TemporaryFolder folder;
  folder.write("out/x_2.bmp", {1});
  folder.write("out/x_2.png", {1});
  const auto planned = plan_outputs({{"a/x.png", "x.png"}, {"b/x.png", "x.png"}, {folder / "out/x_2.png", "z/x_2.png"}},
                                    folder / "out", {});
  EXPECT_EQ(planned[1].map, folder / "out/x_3.png");
}

TEST(OutputNames, AnInputBehindALinkIsAnInput) {
  const test::TemporaryFolder folder;
  folder.write("out/x.png", {1});
  std::filesystem::create_directory_symlink(folder / "out", folder / "link");
  EXPECT_THROW(plan_outputs({{folder / "link" / "x.png", "x.png"}}, folder / "out", {}), ConfigError);
}

}  // namespace
}  // namespace multipole
