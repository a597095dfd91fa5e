// The pyramid as backbone/registry.h holds it.
#pragma once

#include "backbone/families/backbone_family.h"

namespace multipole {

BackboneFamily pyramid_family();

}  // namespace multipole
