// Every region is in a cell that holds it, and the page's reading of its rings gives exactly its pixels.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <set>

#include "base/json.h"
#include "datasets/regions/region_tracer.h"
#include "tasks/segmentation/view/region_files.h"
#include "tasks/segmentation/view/tile_pyramid.h"
#include "tests/support/random_source.h"
#include "tests/tasks/segmentation/view/read_script.h"

namespace multipole {
namespace {

constexpr int64_t kSide = 16;

// As page/regions.js walks a ring: flips the pixels left of every side that goes up or down.
void flip_pixels(const Json& ring, torch::Tensor& mask) {
  auto x = ring[0].get<int64_t>(), y = ring[1].get<int64_t>();
  const auto go_to = [&](int64_t next) {
    auto flipped = mask.slice(0, std::min(y, next), std::max(y, next)).slice(1, 0, x);
    flipped.logical_not_();
    y = next;
  };
  for (size_t i = 2; i < ring.size(); ++i) {
    if (i % 2 == 0) {
      x += ring[i].get<int64_t>();
    } else {
      go_to(y + ring[i].get<int64_t>());
    }
  }
  x = ring[0].get<int64_t>();
  go_to(ring[1].get<int64_t>());
}

void write_regions(const torch::Tensor& ids, const std::filesystem::path& root) {
  const ImageSize size{ids.size(0), ids.size(1)};
  for_each_tile(size, kSide, [&](const TilePlace& place) {
    std::filesystem::create_directories(root / RegionFiles::kFolder / std::to_string(place.level));
  });
  RegionFiles files(root, size, kSide);
  RegionTracer tracer(size.width, [&](const Region& region) { files.add(region, 0.25); });
  for (int64_t y = 0; y < size.height; ++y) tracer.add_row(ids.data_ptr<uint8_t>() + y * size.width);
  tracer.finish();
  files.finish();
}

TEST(RegionFiles, TheRegionsOfAllCellsAreTheMap) {
  for (int trial = 0; trial < 6; ++trial) {
    const int64_t height = test::random_int(1, 90), width = test::random_int(1, 90), grain = test::random_int(1, 12);
    SCOPED_TRACE(testing::Message() << height << " x " << width << ", grain " << grain);
    auto ids = torch::randint(0, 3, {(height + grain - 1) / grain, (width + grain - 1) / grain}, torch::kUInt8)
                   .repeat_interleave(grain, 0)
                   .repeat_interleave(grain, 1)
                   .slice(0, 0, height)
                   .slice(1, 0, width)
                   .contiguous();
    ids.slice(0, height / 3, height / 2).fill_(255);  // no data: no region
    const test::TemporaryFolder folder;
    write_regions(ids, folder.path());

    auto painted = torch::full({height, width}, 255, torch::kUInt8);
    const auto num_levels = static_cast<int64_t>(pyramid_levels({height, width}, kSide).size());
    for_each_tile({height, width}, kSide, [&](const TilePlace& place) {
      const std::string name = std::string(RegionFiles::kFolder) + "/" + std::to_string(place.level) + "/" +
                               std::to_string(place.column) + "_" + std::to_string(place.row);
      std::istringstream regions(test::read_script(folder.path(), name));
      for (std::string line; std::getline(regions, line);) {
        const Json region = Json::parse(line);
        auto mask = torch::zeros({height, width}, torch::kBool);
        for (size_t i = 3; i < region.size(); ++i) flip_pixels(region[i], mask);
        EXPECT_EQ(mask.sum().item<int64_t>(), region[1].get<int64_t>());
        EXPECT_EQ(region[2], 0.25);
        EXPECT_TRUE(painted.masked_select(mask).eq(255).all().item<bool>()) << "two regions have a pixel";
        painted.masked_fill_(mask, region[0].get<int64_t>());
        const int64_t side = kSide << (num_levels - 1 - place.level), y = place.row * side, x = place.column * side;
        mask.slice(0, y, y + side).slice(1, x, x + side).fill_(false);
        EXPECT_FALSE(mask.any().item<bool>()) << "it leaves its cell " << name;
      }
    });
    EXPECT_TRUE(painted.equal(ids));
  }
}

}  // namespace
}  // namespace multipole
