// How long a thread turns in place before it sleeps, where it waits for the others of its OpenMP team: GCC's library,
// with which LibTorch is built, does so for milliseconds. Where a processor is shared with other work that takes it
// from the thread that is waited for. The library reads its environment when it is loaded, before main: what the
// environment has to say must be there when the program begins. So the program begins anew with it, before any library
// has done more than being mapped (30 ms are lost where main does the same, none that can be measured here).
#include <unistd.h>

#include <array>
#include <cstring>

namespace {

// 100,000 turns are about a millisecond. Measured: docs/performance.md.
char spin_count[] = "GOMP_SPINCOUNT=1000";

bool begins_with(const char* text, const char* beginning) {
  return std::strncmp(text, beginning, std::strlen(beginning)) == 0;
}

// Neither allocates nor uses what a library would have to set up first.
void begin_with_short_waits(int, char** arguments, char** environment) {
  constexpr size_t kMost = 4096;
  static std::array<char*, kMost> longer;
  size_t count = 0;
  for (; environment[count] != nullptr; ++count) {
    const char* const variable = environment[count];
    // the user's own choice goes before, and so does what an earlier beginning set
    if (begins_with(variable, "GOMP_SPINCOUNT=") || begins_with(variable, "OMP_WAIT_POLICY=")) return;
    if (count + 2 >= kMost) return;
    longer[count] = environment[count];
  }
  longer[count] = spin_count;
  static std::array<char, 4096> program;
  const ssize_t length = ::readlink("/proc/self/exe", program.data(), program.size() - 1);
  if (length <= 0 || static_cast<size_t>(length) >= program.size() - 1) return;
  ::execve(program.data(), arguments, longer.data());  // by its name, which is then the process's
  // where that fails (the file was replaced) the program goes on as it is
}

}  // namespace

// What the dynamic linker calls before the constructors of all libraries.
__attribute__((section(".preinit_array"),
               used)) static void (*const before_all_libraries)(int, char**, char**) = begin_with_short_waits;
