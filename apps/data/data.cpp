#include "apps/data/data.h"

namespace multipole {

void add_data_commands(CLI::App& program, Run& run) {
  CLI::App* group =
      add_command(program, "data", "check, split, pack and make data sets", "multipole data check photos");
  add_data_check(*group, run);
  add_data_split(*group, run);
  add_data_pack(*group, run);
  add_data_synth(*group, run);
}

}  // namespace multipole
