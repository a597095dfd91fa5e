// Which kernels this processor can run, and which are chosen.
#pragma once

#include <string>
#include <vector>

#include "backbone/multipole/cpu/kernel_table.h"

namespace multipole::cpu {

// Tables that this processor can run, the fastest first.
std::vector<const KernelTable*> runnable_kernels();

// The table that the environment variable MULTIPOLE_CPU_ISA names (generic, avx2, avx512, avx512_bf16, amx), or the
// fastest runnable one. Throws c10::Error when the named one does not exist or cannot run here.
const KernelTable& chosen_kernels();

}  // namespace multipole::cpu
