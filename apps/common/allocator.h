// How the C library's allocator treats the memory that tensors leave behind.
#pragma once

namespace multipole {

// Keeps freed memory for the next tensor in place of handing it back to the system, which would have to clear every
// page again: a training step frees and takes the same few hundred MB over and over (12% of its time, measured). The
// environment variables of glibc (MALLOC_TRIM_THRESHOLD_ and the like) go before. Call it before the first tensor.
void keep_freed_memory();

// Hands what is free, holes in the middle of the heap included, back to the system: between pieces of work of very
// different sizes, the holes that one leaves fit the next one badly and the heap would grow with their number.
void release_freed_memory();

}  // namespace multipole
