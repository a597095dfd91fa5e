// For the build without picture libraries.
#include "datasets/codecs/without_codecs.h"
#include "engine/training/band_measure.h"

namespace multipole {

std::vector<std::string> measure_into(const BandQuestion&, Preprocessing&) { refuse_without_codecs("data.bands"); }

}  // namespace multipole
