// multipole embed MODEL PICTURES...: vectors and maps of pictures, their principal components, and what lies close
#pragma once

#include "apps/arguments/command.h"

namespace multipole {

void add_embed_command(CLI::App& program, Run& run);

}  // namespace multipole
