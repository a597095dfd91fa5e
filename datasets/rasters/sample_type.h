// The types of numbers that rasters hold.
#pragma once

#include <cstdint>
#include <string>

namespace multipole {

enum class SampleType { kUInt8, kInt8, kUInt16, kInt16, kUInt32, kInt32, kFloat32, kFloat64 };

// "uint8", "int16", "float32": as NumPy and rasterio call them.
const char* name_of(SampleType type);
int64_t bytes_of(SampleType type);
bool is_float(SampleType type);

struct NumberRange {
  double low = 0, high = 1;
};
// All that whole numbers of the type can be; 0 to 1 for floating point.
NumberRange range_of(SampleType type);

// The value that a number has once it is stored as the type; only a float32 can differ.
double as_stored(double number, SampleType type);

// `count` samples, one behind the other, to numbers that are `stride` apart.
void samples_to_numbers(const void* samples, SampleType type, int64_t count, double* numbers, int64_t stride);

}  // namespace multipole
