// How long a model takes in either precision.
#pragma once

namespace multipole {

// Seconds of one and the same pass; both 0 where nothing was measured.
struct PrecisionTimes {
  double float32 = 0, bfloat16 = 0;

  bool is_measured() const { return float32 > 0 && bfloat16 > 0; }
  // Whether bfloat16 gains enough to give up digits for: a tenth.
  bool prefer_bfloat16() const { return is_measured() && float32 >= 1.1 * bfloat16; }
};

}  // namespace multipole
