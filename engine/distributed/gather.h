// What the processes of a group hand to the first of them. Every process calls the same functions in the same order;
// they throw as ProcessGroup's methods do.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/distributed/process_group.h"

namespace multipole {

// What each process gives, in the order of their ranks: to the first process, and nothing to the others.
std::vector<std::string> gather_at_first(const ProcessGroup& group, const std::string& bytes);

// The first process's value, in all.
int64_t value_of_first(const ProcessGroup& group, int64_t value);

}  // namespace multipole
