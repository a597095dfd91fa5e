#include "backbone/multipole/cpu/instruction_set.h"

#include <c10/util/Exception.h>

#include <cstdlib>

#if defined(MULTIPOLE_X86) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace multipole::cpu {
namespace {

#ifdef MULTIPOLE_X86
// Linux hands out the registers of AMX's tiles, 8 KiB a thread, to processes that ask for them.
bool may_use_tiles() {
#ifdef __linux__
  constexpr long kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  static const bool is_granted = syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
  return is_granted;
#else
  return false;
#endif
}
#endif

}  // namespace

std::vector<const KernelTable*> runnable_kernels() {
  std::vector<const KernelTable*> tables;
#ifdef MULTIPOLE_X86
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  const bool avx512_bf16 = avx512 && __builtin_cpu_supports("avx512bf16");
  // Intel's vdpbf16ps takes four times as long as a multiply-add for twice the products (docs/performance.md)
  const bool slow_pairs = __builtin_cpu_is("intel");
  const bool amx = avx512_bf16 && __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-bf16");
  if (amx && may_use_tiles()) tables.push_back(&kAmxKernels);
  if (avx512_bf16 && !slow_pairs) tables.push_back(&kAvx512Bf16Kernels);
  if (avx512) tables.push_back(&kAvx512Kernels);
  if (avx512_bf16 && slow_pairs) tables.push_back(&kAvx512Bf16Kernels);
  if (avx2) tables.push_back(&kAvx2Kernels);
#endif
  tables.push_back(&kGenericKernels);
  return tables;
}

const KernelTable& chosen_kernels() {
  const char* forced = std::getenv("MULTIPOLE_CPU_ISA");
  const auto tables = runnable_kernels();
  if (forced == nullptr || std::string(forced).empty() || std::string(forced) == "auto") return *tables.front();
  std::string names;
  for (const KernelTable* table : tables) {
    if (std::string(forced) == table->name) return *table;
    names += std::string(names.empty() ? "" : ", ") + table->name;
  }
  TORCH_CHECK(false, "MULTIPOLE_CPU_ISA=", forced, ": this processor runs ", names, " (or auto)");
}

}  // namespace multipole::cpu
