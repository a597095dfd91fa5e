// Where the memory of CPU tensors comes from.
#pragma once

namespace multipole {

// From now on CPU tensors take their memory from malloc and are aligned inside the block. LibTorch's own allocator asks
// for aligned blocks, and glibc cannot serve one from a hole that a tensor of the same size has left: the hole would
// have to be larger by the alignment. A heap whose freed memory is kept (see allocator.h) then grows to twice what
// lives in it. Call it before the first tensor, from one thread.
void reuse_tensor_memory();

}  // namespace multipole
