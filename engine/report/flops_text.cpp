#include "engine/report/flops_text.h"

#include <array>
#include <cmath>

#include "engine/report/page.h"

namespace multipole {

std::string flops_text(double flops) {
  if (!std::isfinite(flops)) return "n/a";
  constexpr std::array<const char*, 7> kPrefixes = {"", "k", "M", "G", "T", "P", "E"};
  size_t prefix = 0;
  for (; flops >= 999.5 && prefix + 1 < kPrefixes.size(); ++prefix) flops /= 1000;
  const int digits = flops >= 99.95 || prefix == 0 ? 0 : flops >= 9.995 ? 1 : 2;
  return number_text(flops, digits) + " " + kPrefixes.at(prefix) + "FLOP";
}

}  // namespace multipole
