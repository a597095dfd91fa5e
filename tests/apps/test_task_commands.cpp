#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "apps/training/task_commands.h"
#include "backbone/registry.h"
#include "tasks/registry.h"
#include "tests/support/brightness_task.h"
#include "tests/support/grid_family.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

TEST(TaskCommands, ANewTaskHasItsCommandByItself) {
  backbone_families().add("grid", test::grid_family());
  head_registry().add("brightness", test::brightness_head());
  task_registry().add("brightness", test::brightness_task());
  CLI::App program("test", "multipole");
  multipole::Run run;
  for (const std::string name : {"classify", "segment", "sequence", "distill"})
    program.add_subcommand(name, "has its own");
  add_task_commands(program, run);
  ASSERT_EQ(program.get_subcommands({}).size(), 5u) << "only the task that has no command yet";
  EXPECT_NE(program.get_subcommand("brightness")->help().find("learn how bright pictures are"), std::string::npos);

  const test::TemporaryFolder folder;
  const std::string out = (folder / "run").string();
  program.parse(
      "multipole brightness train --data none --out '" + out +
          "' --epochs 2 --quiet --device cpu --set model.preset= --set "
          "'model.backbone={\"family\":\"grid\",\"image_size\":16}' --set 'model.head={\"type\":\"brightness\"}' "
          "--set preprocessing.image_size=16",
      true);
  ASSERT_TRUE(run);
  EXPECT_EQ(run(), 0);
  EXPECT_TRUE(std::filesystem::exists(folder / "run" / "best.safetensors"));
}

}  // namespace
}  // namespace multipole
