// A family of backbones that only tests know: patches of pixels through one block on one grid. It shows what a family
// costs: this file, and one line in a registry.
#pragma once

#include "backbone/families/backbone_family.h"

namespace multipole::test {

// {"family": "grid", "patch_size": 4, "embed_dim": 16, "attention": {...}}
BackboneFamily grid_family();

}  // namespace multipole::test
