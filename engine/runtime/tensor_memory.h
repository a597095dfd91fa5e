// How much memory the tensors of a computation take at once.
#pragma once

#include <cstdint>
#include <functional>

namespace multipole {

// Runs `work` and returns the most bytes that the tensors allocated in it, on this thread and all devices together,
// held at once. Scratch memory that kernels take past the allocator is not seen. No profiler may run.
int64_t peak_tensor_bytes(const std::function<void()>& work);

}  // namespace multipole
