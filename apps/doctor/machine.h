// The machine and the build, as far as they matter to this program.
#pragma once

#include "base/json.h"

namespace multipole {

// {"multipole", "libtorch", "compiler", "jpeg", "png", "tiff", "webp"}: versions.
Json describe_versions();

// {"name", "cores", "threads", "instruction_sets": {"avx2": true, ...}}
Json describe_processor();

// {"total", "available"} in bytes, null where the system does not say.
Json describe_memory();

// {"folder", "available"}: bytes free where the program was started.
Json describe_disk();

// [{"name", "available", "reason"}]: cpu, and cuda with why it cannot be used.
Json describe_devices();

}  // namespace multipole
