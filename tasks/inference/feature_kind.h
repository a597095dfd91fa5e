// What may be taken of a backbone.
#pragma once

namespace multipole {

enum class FeatureKind {
  kVector,  // Backbone::embed(): a vision transformer's own pooling, elsewhere the mean of the last map
  kMap,     // the backbone's last map
};

}  // namespace multipole
