#include "engine/training/band_measure.h"

#include "datasets/rasters/band_statistics.h"

namespace multipole {

std::vector<std::string> measure_into(const BandQuestion& question, Preprocessing& preprocessing) {
  const BandStatistics found =
      measure_bands(question.pictures(), question.bands, question.decode, question.seed, question.workers);
  preprocessing.bands = found.scaling;
  preprocessing.mean = found.mean;
  preprocessing.std = found.std;
  return found.lines();
}

}  // namespace multipole
