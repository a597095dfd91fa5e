// The folder of a view: its files, what its tiles say, and that it is there whole or not at all.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "base/error.h"
#include "base/json.h"
#include "datasets/codecs/image_decode.h"
#include "tasks/segmentation/view/leaflet.h"
#include "tasks/segmentation/view/map_view.h"
#include "tasks/segmentation/view/tile_pyramid.h"
#include "tests/support/random_source.h"
#include "tests/support/temporary_folder.h"
#include "tests/tasks/segmentation/view/read_script.h"

namespace multipole {
namespace {

namespace fs = std::filesystem;

// The bytes of a tile's script.
torch::Tensor tile_of(const fs::path& folder, const std::string& name, int64_t height, int64_t width) {
  const std::string bytes = test::read_script(folder, name);
  EXPECT_EQ(static_cast<int64_t>(bytes.size()), height * width) << name;
  const auto* const data = reinterpret_cast<const uint8_t*>(bytes.data());
  return torch::tensor(std::vector<uint8_t>(data, data + bytes.size()), torch::kUInt8).view({height, width});
}

class MapViews : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { torch::manual_seed(static_cast<int64_t>(test::test_seed())); }
  MapViews() : height_(test::random_int(1, 900)), width_(test::random_int(500, 1300)) {
    // smooth, as JPEG keeps it, and no tile like another
    const auto ramp = torch::arange(height_).view({-1, 1, 1}) * 0.1 + torch::arange(width_).view({1, -1, 1}) * 0.11;
    pixels_ = (ramp + torch::arange(3) * 4).to(torch::kUInt8);
    const auto blocks = torch::randint(0, 3, {height_ / 8 + 1, width_ / 8 + 1}, torch::kUInt8);
    classes_ =
        blocks.repeat_interleave(8, 0).repeat_interleave(8, 1).slice(0, 0, height_).slice(1, 0, width_).contiguous();
    uncertainty_ = torch::randint(0, 256, {height_, width_}, torch::kUInt8);
    if (!holds_leaflet()) {
      for (const char* file : {"leaflet.min.js", "leaflet.css"}) folder_.write(std::string("leaflet/") + file, {'x'});
    }
  }

  static bool holds_leaflet() {
    try {
      find_leaflet();
      return true;
    } catch (const ConfigError&) {
      return false;
    }
  }
  MapViewOptions options(bool uncertainty) const {
    return {.title = "a \"map\" \xff",
            .classes = {"sky", "</script>"},
            .palette = {{1, 2, 3}, {4, 5, 6}},
            .metres_per_pixel = 0.25,
            .uncertainty = uncertainty,
            .leaflet = holds_leaflet() ? find_leaflet() : folder_ / "leaflet"};
  }
  void write_bands(MapView& view, int64_t height) const {
    for (int64_t y = 0; y < height;) {
      const int64_t rows = std::min(height - y, test::random_int(1, 700));
      const auto part = [&](const torch::Tensor& map) { return map.narrow(0, y, rows); };
      view.write({.first_row = y,
                  .pixels = part(pixels_),
                  .classes = part(classes_),
                  .probability = part(uncertainty_),
                  .uncertainty = part(uncertainty_)});
      y += rows;
    }
  }
  fs::path view() const { return folder_ / "out/p.view"; }
  size_t num_entries() const { return static_cast<size_t>(std::distance(fs::directory_iterator(folder_ / "out"), {})); }

  test::TemporaryFolder folder_;
  int64_t height_, width_;
  torch::Tensor pixels_, classes_, uncertainty_;
};

TEST_F(MapViews, TheTilesSayWhatTheMapSays) {
  SCOPED_TRACE(testing::Message() << height_ << " x " << width_);
  MapView writer(view(), {height_, width_}, options(true));
  write_bands(writer, height_);
  EXPECT_FALSE(fs::exists(view())) << "there before it is whole";
  writer.commit({0.5, 0.25});

  const auto num_levels = static_cast<int64_t>(pyramid_levels({height_, width_}, 512).size());
  const std::string level = std::to_string(num_levels - 1);
  for (int64_t y = 0; y < height_; y += 512) {
    for (int64_t x = 0; x < width_; x += 512) {
      const std::string place = level + "/" + std::to_string(x / 512) + "_" + std::to_string(y / 512);
      const auto part = [&](const torch::Tensor& map) {
        return map.slice(0, y, std::min(y + 512, height_)).slice(1, x, std::min(x + 512, width_));
      };
      const auto ids = part(classes_);
      EXPECT_TRUE(tile_of(view(), "classes/" + place, ids.size(0), ids.size(1)).equal(ids)) << place;
      const auto coarse = tile_of(view(), "uncertainty/" + place, ids.size(0), ids.size(1)).to(torch::kInt);
      EXPECT_LE((coarse - part(uncertainty_).to(torch::kInt)).abs().max().item<int>(), 7) << place;
      const auto shown = read_image(view() / ("picture/" + place + ".jpg"));
      ASSERT_EQ(shown.sizes(), part(pixels_).sizes());
      EXPECT_LE((shown.to(torch::kFloat) - part(pixels_).to(torch::kFloat)).abs().mean().item<float>(), 4) << place;
    }
  }
  const auto num_tiles = static_cast<size_t>(count_pyramid_tiles({height_, width_}, 512));
  for (const char* kind : {"picture", "classes", "regions", "uncertainty"}) {
    size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(view() / kind)) count += entry.is_regular_file();
    EXPECT_EQ(count, num_tiles) << kind;
  }
}

TEST_F(MapViews, TheDescriptionAndThePage) {
  MapView writer(view(), {height_, width_}, options(false));
  write_bands(writer, height_);
  writer.commit({0.5, 0.25});
  const std::string text = test::read_text(view() / MapView::kSign), begin = "mapView.describe(";
  ASSERT_EQ(text.substr(0, begin.size()), begin);
  const Json described = Json::parse(text.substr(begin.size(), text.rfind(')') - begin.size()));
  EXPECT_EQ(described["title"], "a \"map\" \xEF\xBF\xBD");
  EXPECT_EQ(described["width"], width_);
  EXPECT_EQ(described["height"], height_);
  EXPECT_EQ(described["metres_per_pixel"], 0.25);
  EXPECT_EQ(described["uncertainty"], false);
  EXPECT_EQ(described["classes"][1], (Json{{"name", "</script>"}, {"color", {4, 5, 6}}, {"share", 0.25}}));
  // what the page loads is there
  const std::string page = test::read_text(view() / "index.html");
  for (const char* attribute : {"src=\"", "href=\""}) {
    for (size_t at = page.find(attribute); at != page.npos; at = page.find(attribute, at + 1)) {
      const size_t first = at + std::string_view(attribute).size();
      const std::string target = page.substr(first, page.find('"', first) - first);
      EXPECT_TRUE(target == "data:," || fs::is_regular_file(view() / target)) << target;
    }
  }
  EXPECT_FALSE(fs::exists(view() / "uncertainty"));
}

TEST_F(MapViews, WholeOrNotAtAll) {
  const auto write_whole = [&](double share) {
    MapView writer(view(), {height_, width_}, options(false));
    write_bands(writer, height_);
    writer.commit({share, 0});
  };
  {
    MapView writer(view(), {height_, width_}, options(false));
    write_bands(writer, height_ / 2);
    EXPECT_EQ(num_entries(), 1u);
  }
  EXPECT_EQ(num_entries(), 0u) << "something was left";
  write_whole(0.125);
  {
    MapView writer(view(), {height_, width_}, options(false));
    write_bands(writer, height_ / 2);
    EXPECT_THROW(writer.commit({0, 0}), c10::Error);
  }
  EXPECT_EQ(num_entries(), 1u);
  EXPECT_NE(test::read_text(view() / MapView::kSign).find("0.125"), std::string::npos) << "the old one has changed";
  write_whole(0.375);
  EXPECT_NE(test::read_text(view() / MapView::kSign).find("0.375"), std::string::npos);
  EXPECT_EQ(num_entries(), 1u);
}

TEST_F(MapViews, WithoutLeafletTheMessageNamesThePackage) {
  try {
    find_leaflet({folder_ / "nowhere"});
    FAIL() << "found";
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("libjs-leaflet"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace multipole
