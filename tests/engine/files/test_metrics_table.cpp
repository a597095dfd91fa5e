#include <gtest/gtest.h>

#include <limits>

#include "engine/files/metrics_table.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::read_text;
using test::TemporaryFolder;

TEST(MetricsTable, IsARowAnEpochWithAColumnForEveryValue) {
  const TemporaryFolder folder;
  MetricsTable table(folder / "metrics.csv", folder / "absent.jsonl");
  table.append({{"event", "epoch"}, {"epoch", 1}, {"lr", std::numeric_limits<double>::infinity()}, {"val", nullptr}});
  table.append({{"event", "epoch"}, {"epoch", 2}, {"lr", 0.5}, {"val", {{"top1", 0.25}}}});
  EXPECT_EQ(read_text(folder / "metrics.csv"), "epoch,lr,val,val.top1\n1,,,\n2,0.5,,0.25\n");
}

TEST(MetricsTable, AResumedRunGoesOnBelowTheEpochsOfTheLog) {
  const TemporaryFolder folder;
  test::write_text(folder / "metrics.jsonl",
                   "{\"event\":\"step\",\"step\":1}\n{\"event\":\"epoch\",\"epoch\":1,\"val\":{\"top1\":0.5}}\n");
  MetricsTable table(folder / "metrics.csv", folder / "metrics.jsonl");
  table.append({{"event", "epoch"}, {"epoch", 2}, {"val", {{"top1", 0.75}}}});
  EXPECT_EQ(read_text(folder / "metrics.csv"), "epoch,val.top1\n1,0.5\n2,0.75\n");
}

}  // namespace
}  // namespace multipole
