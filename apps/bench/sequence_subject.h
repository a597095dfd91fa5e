// The 1D attention over the same tokens, row by row.
#pragma once

#include "apps/bench/op_subjects.h"

namespace multipole {

// attention1d in groups of cell x cell tokens, summaries given. Only for the numbers of tokens that one call takes.
OpSubject sequence_subject();

}  // namespace multipole
