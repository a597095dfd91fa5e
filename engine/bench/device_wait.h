// Clocks of the host and work that a device does on its own time.
#pragma once

#include <c10/core/Device.h>

namespace multipole {

// Returns once the device has done what it was given; at once for the CPU. Timed calls end with it.
void wait_for(c10::Device device);

}  // namespace multipole
