// How to tell that an allocation failed.
#pragma once

#include <exception>

namespace multipole {

// std::bad_alloc, c10::OutOfMemoryError, and what torch's CPU allocator throws, which has no type of its own.
bool is_out_of_memory(const std::exception& error);

}  // namespace multipole
