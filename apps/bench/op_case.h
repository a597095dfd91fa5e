// One attention problem that every subject of the bench solves.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <cstdint>

#include "engine/bench/attention_work.h"

namespace multipole {

struct OpCase {
  int64_t batch = 1, height = 1, width = 1, heads = 4, head_dim = 32;
  int64_t cell = 4, rank = 1;
  bool linear = false;
  int64_t window = 8;
  c10::ScalarType dtype = c10::ScalarType::Float;
  c10::Device device = c10::Device(c10::DeviceType::CPU);

  int64_t tokens() const { return height * width; }
  MultipoleGrid grid() const { return {height, width, cell, rank, linear}; }
};

}  // namespace multipole
