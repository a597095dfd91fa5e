// A map comes back as it was, and a file that is damaged or of another kind is none.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <filesystem>
#include <fstream>

#include "tasks/segmentation/probe/map_store.h"
#include "tests/support/random_source.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::random_int;

TEST(MapStore, FindsWhatItKeptAndNothingElse) {
  const test::TemporaryFolder folder;
  const int64_t channels = random_int(1, 9);
  MapStore store(folder / "below", "f", channels);
  EXPECT_FALSE(store.find(1).defined());
  EXPECT_FALSE(std::filesystem::exists(store.path())) << "nothing to keep";
  const auto wide = torch::randn({channels, random_int(1, 5), random_int(1, 7)});
  const auto last = torch::randn({random_int(1, 5), random_int(1, 7), channels}).permute({2, 0, 1});
  store.add(-3, wide);
  store.add(7, last);
  MapStore again(folder / "below", "f", channels);
  EXPECT_TRUE(again.find(-3).equal(wide));
  EXPECT_TRUE(again.find(7).equal(last));
  EXPECT_FALSE(again.find(3).defined());
  EXPECT_EQ(again.damage(), "");
  EXPECT_FALSE(MapStore(folder / "below", "g", channels).find(7).defined()) << "another fingerprint";
}

TEST(MapStore, ADamagedFileIsNone) {
  const test::TemporaryFolder folder;
  MapStore store(folder.path(), "f", 8);
  store.add(3, torch::ones({8, 2, 2}));
  MapStore other(folder.path(), "f", 7);
  EXPECT_FALSE(other.find(3).defined());
  EXPECT_NE(other.damage().find("no map of 7 channels"), std::string::npos) << other.damage();
  {
    const auto path = std::filesystem::directory_iterator(store.path())->path();
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-2, std::ios::end);
    file.put('x');
  }
  EXPECT_FALSE(store.find(3).defined());
  EXPECT_NE(store.damage().find("checksum"), std::string::npos) << store.damage();
  store.add(3, torch::zeros({8, 2, 2}));
  EXPECT_TRUE(store.find(3).defined()) << "written again";
}

}  // namespace
}  // namespace multipole
