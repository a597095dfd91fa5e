// Runs a check with the fused CPU kernels of every instruction set that this machine runs.
#pragma once

#include <gtest/gtest.h>

#include "backbone/multipole/cpu/instruction_set.h"
#include "tests/backbone/multipole/op_cases.h"

namespace multipole::test {

template <class Check>
void for_each_instruction_set(Check check) {
  const ForcedBackend backend(Backend::cpu);
  for (const cpu::KernelTable* kernels : cpu::runnable_kernels()) {
    SCOPED_TRACE(kernels->name);
    const EnvironmentVariable forced("MULTIPOLE_CPU_ISA", kernels->name);
    ASSERT_EQ(&cpu::chosen_kernels(), kernels);
    check();
  }
}

}  // namespace multipole::test
