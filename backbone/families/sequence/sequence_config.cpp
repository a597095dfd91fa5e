#include "backbone/families/sequence/sequence_config.h"

#include "base/sizes.h"

namespace multipole {

void SequenceConfig::validate(const std::string& where) const {
  require_size(context, where + ".context");
  require_size(embed_dim, where + ".embed_dim");
  require_size(depth, where + ".depth");
  require_size(num_heads, where + ".num_heads");
  require(embed_dim % num_heads == 0, where + ".num_heads", "must divide embed_dim = " + std::to_string(embed_dim),
          num_heads);
  require(mlp_ratio > 0 && mlp_ratio <= 64, where + ".mlp_ratio", "must be above 0 and at most 64", mlp_ratio);
  require(norm_eps > 0, where + ".norm_eps", "must be positive", norm_eps);
  require(attention.is_object(), where + ".attention", "must be an object with a \"type\"", attention);
}

}  // namespace multipole
