// Numbers of a raster as the bytes that a model is shown.
//
// byte = round(255 (x - low) / (high - low)), from 0 to 255. Bytes, and not floating point: what cuts, resizes, mixes,
// packs and caches pictures works on bytes, exactly as published preprocessings do, at a quarter of the memory; between
// the recorded percentiles a step of 1/255 is finer than the noise that sensors of 10 to 12 bits leave in a pixel, and
// bands of bytes stay as they are.
#pragma once

#include <torch/types.h>

#include <string>

#include "datasets/codecs/band_scaling.h"
#include "datasets/rasters/raster.h"

namespace multipole {

// (rows, width, C) uint8. Pixels without data get the scaling's fill.
torch::Tensor scale_to_bytes(const RasterPart& part, const BandScaling& scaling, SampleType type);

// What is to be said of a raster whose numbers are of another type than the scaling was measured on, or "". Throws
// InputError "cannot read NAME: ..." where the scaling is not for such rasters: another number of bands, bytes in place
// of wider numbers.
std::string check_scaling(const RasterHeader& header, const BandScaling& scaling, const std::string& name);

}  // namespace multipole
