#include "datasets/codecs/band_scaling.h"

#include "base/fields.h"

namespace multipole {

void BandScaling::validate(const std::string& where) const {
  for (const int64_t band : chosen) require(band >= 1, where + ".chosen", "bands are counted from 1", chosen);
  require(chosen.size() <= kMost, where + ".chosen", "at most 512 bands", chosen.size());
  require(low.size() == high.size() && (low.empty() || low.size() == chosen.size()), where + ".low",
          "low and high have a number for each chosen band", low);
  for (size_t i = 0; i < low.size(); ++i) require(low[i] < high[i], where + ".low", "must be below high", low);
  require(fill.empty() || fill.size() == chosen.size(), where + ".fill", "must be a byte for each chosen band", fill);
  for (const int64_t byte : fill) require(byte >= 0 && byte <= 255, where + ".fill", "must be from 0 to 255", fill);
}

}  // namespace multipole
