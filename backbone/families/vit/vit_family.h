// The vision transformer as backbone/registry.h holds it.
#pragma once

#include "backbone/families/backbone_family.h"

namespace multipole {

BackboneFamily vit_family();

}  // namespace multipole
