#include <gtest/gtest.h>

#include <limits>

#include "engine/files/metrics_log.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::read_text;
using test::TemporaryFolder;

TEST(MetricsLog, AppendsWholeLines) {
  const TemporaryFolder folder;
  MetricsLog log(folder / "metrics.jsonl", 0);
  log.append({{"step", 1}, {"loss", 0.5}});
  EXPECT_EQ(read_text(folder / "metrics.jsonl"), "{\"step\":1,\"loss\":0.5}\n");
  log.append({{"step", 2}, {"loss", std::numeric_limits<double>::quiet_NaN()}});
  EXPECT_EQ(read_text(folder / "metrics.jsonl"), "{\"step\":1,\"loss\":0.5}\n{\"step\":2,\"loss\":null}\n");
}

TEST(MetricsLog, ResumeDropsTornAndLaterLines) {
  const TemporaryFolder folder;
  const auto path = folder / "metrics.jsonl";
  test::write_text(path, "{\"step\":1}\n{\"step\":2}\nnot json\n{\"step\":3}\n{\"step\":4,\"lo");
  MetricsLog log(path, 2);
  log.append({{"step", 3}});
  EXPECT_EQ(read_text(path), "{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n");
}

TEST(MetricsLog, ANewRunStartsEmpty) {
  const TemporaryFolder folder;
  const auto path = folder / "metrics.jsonl";
  test::write_text(path, "{\"step\":1}\n");
  MetricsLog log(path, 0);
  EXPECT_EQ(read_text(path), "");
}

}  // namespace
}  // namespace multipole
