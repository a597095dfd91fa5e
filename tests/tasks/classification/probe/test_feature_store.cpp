// What was kept is found, and a file that is damaged is no source of any.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <filesystem>
#include <fstream>

#include "tasks/classification/probe/feature_store.h"
#include "tests/support/random_source.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

TEST(FeatureStore, FindsWhatItKept) {
  const test::TemporaryFolder folder;
  const int64_t dim = test::random_int(1, 40), count = test::random_int(1, 30);
  const auto vectors = torch::randn({count, dim});
  FeatureStore store(folder / "below", "f", dim);
  EXPECT_EQ(store.size(), 0);
  store.save();
  EXPECT_FALSE(std::filesystem::exists(store.path())) << "nothing to keep";
  for (int64_t i = 0; i < count; ++i) store.add(i * 77 - 5, vectors[i]);
  store.save();
  const FeatureStore again(folder / "below", "f", dim);
  EXPECT_EQ(again.damage(), "");
  EXPECT_EQ(again.size(), count);
  for (int64_t i = 0; i < count; ++i) EXPECT_TRUE(again.find(i * 77 - 5).equal(vectors[i]));
  EXPECT_FALSE(again.find(1).defined());
  EXPECT_EQ(FeatureStore(folder / "below", "g", dim).size(), 0) << "another fingerprint";
}

TEST(FeatureStore, ADamagedFileIsTakenAsEmpty) {
  const test::TemporaryFolder folder;
  FeatureStore store(folder.path(), "f", 8);
  store.add(3, torch::ones({8}));
  store.save();
  EXPECT_NE(FeatureStore(folder.path(), "f", 7).damage(), "") << "of another length";
  {
    std::fstream file(store.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-2, std::ios::end);
    file.put('x');
  }
  const FeatureStore again(folder.path(), "f", 8);
  EXPECT_EQ(again.size(), 0);
  EXPECT_NE(again.damage().find("checksum"), std::string::npos) << again.damage();
}

}  // namespace
}  // namespace multipole
