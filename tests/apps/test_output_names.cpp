// Which file each result goes to.
#include <gtest/gtest.h>

#include "apps/segment/output_names.h"
#include "backbone/config/error.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

TEST(OutputNames, TheInputsNameBelowTheFolder) {
  const auto names = plan_outputs({{"in/a/x.JPG", "a/x.JPG"}, {"notes.2024", "notes.2024"}, {"y.tar.png", "y.tar.png"}},
                                  "out", {.overlay = true, .legend = true, .probability = true, .uncertainty = true});
  EXPECT_EQ(names[0].map, "out/a/x.png");
  EXPECT_EQ(names[0].overlay, "out/a/x.overlay.jpg");
  EXPECT_EQ(names[0].legend, "out/a/x.legend.svg");
  EXPECT_EQ(names[0].probability, "out/a/x.probability.png");
  EXPECT_EQ(names[0].uncertainty, "out/a/x.uncertainty.png");
  EXPECT_EQ(names[0].geo_map, "out/a/x.tif");
  EXPECT_EQ(names[1].map, "out/notes.2024.png");
  EXPECT_EQ(names[2].map, "out/y.tar.png");
}

TEST(OutputNames, CollisionsAreNamed) {
  const auto collide = [](const NamedInput& a, const NamedInput& b, const OutputKinds& kinds) {
    EXPECT_THROW(plan_outputs({a, b}, "out", kinds), ConfigError) << a.path << " " << b.path;
  };
  collide({"in/x.png", "x.png"}, {"in/x.jpg", "x.jpg"}, {});
  collide({"a/x.png", "x.png"}, {"b/x.png", "x.png"}, {});
  collide({"x.png", "x.png"}, {"x.probability.jpg", "x.probability.jpg"}, {.probability = true});
  EXPECT_NO_THROW(plan_outputs({{"x.png", "x.png"}, {"x.probability.jpg", "x.probability.jpg"}}, "out", {}));
}

TEST(OutputNames, AnInputBehindALinkIsAnInput) {
  const test::TemporaryFolder folder;
  folder.write("out/x.png", {1});
  std::filesystem::create_directory_symlink(folder / "out", folder / "link");
  EXPECT_THROW(plan_outputs({{folder / "link" / "x.png", "x.png"}}, folder / "out", {}), ConfigError);
}

}  // namespace
}  // namespace multipole
