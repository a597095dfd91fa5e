// How the C library's allocator treats the memory that tensors leave behind.
#pragma once

#include <cstddef>

namespace multipole {

// Keeps freed memory for the next tensor in place of handing it back to the system, which would have to clear every
// page again: a training step frees and takes the same few hundred MB over and over (12% of its time, measured). The
// environment variables of glibc (MALLOC_TRIM_THRESHOLD_ and the like) go before. Call it before the first tensor.
void keep_freed_memory();

// The opposite, for work on pieces of very different sizes one after another: what one frees seldom fits the next, and
// the heap would grow with their number. Blocks of 1 MiB and more are mapped by themselves and go back when freed.
void return_freed_memory();

// Keeps the large blocks of CPU tensors for the next ones as long as those in use and the kept ones together stay
// within so many bytes (block_pool.h); 0: none, as in the beginning. Where tensors take their memory from LibTorch's
// own allocator (see tensor_allocator.h) it has no effect.
void keep_tensor_memory(size_t bytes);

// For the same work: oneDNN keeps a compiled kernel for each shape that it meets, 1024 of them unless told otherwise
// before its first use, and LibTorch as many for linear layers; pictures of all sizes would fill that with hundreds of
// MB. From now on 32; the environment (ONEDNN_PRIMITIVE_CACHE_CAPACITY, LRU_CACHE_CAPACITY) goes before.
void bound_kernel_caches();

// Hands back what is free now: holes in the middle of the heap included, and tensors' blocks that are kept.
void trim_freed_memory();

}  // namespace multipole
