// What is made of the tokens before they are attended to: to be seen beside the attention itself.
#pragma once

#include "apps/bench/op_subjects.h"

namespace multipole {

// cluster2d over all far levels, and hot_tokens2d of 64 tokens a head (all, where there are fewer).
OpSubject clusters_subject();
OpSubject hot_tokens_subject();

}  // namespace multipole
