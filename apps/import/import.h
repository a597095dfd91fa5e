// multipole import SOURCE --out MODEL: a model file of what timm or transformers published
#pragma once

#include "apps/arguments/command.h"

namespace multipole {

void add_import_command(CLI::App& program, Run& run);

}  // namespace multipole
