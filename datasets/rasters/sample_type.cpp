#include "datasets/rasters/sample_type.h"

#include <cstring>
#include <limits>

namespace multipole {
namespace {

template <class Sample>
void to_numbers(const void* samples, int64_t count, double* numbers, int64_t stride) {
  const auto* bytes = static_cast<const uint8_t*>(samples);
  for (int64_t i = 0; i < count; ++i, bytes += sizeof(Sample)) {
    Sample sample;
    std::memcpy(&sample, bytes, sizeof(Sample));
    numbers[i * stride] = static_cast<double>(sample);
  }
}

template <class Sample>
NumberRange whole_range() {
  using Limits = std::numeric_limits<Sample>;
  return {static_cast<double>(Limits::min()), static_cast<double>(Limits::max())};
}

}  // namespace

const char* name_of(SampleType type) {
  switch (type) {
    case SampleType::kUInt8:
      return "uint8";
    case SampleType::kInt8:
      return "int8";
    case SampleType::kUInt16:
      return "uint16";
    case SampleType::kInt16:
      return "int16";
    case SampleType::kUInt32:
      return "uint32";
    case SampleType::kInt32:
      return "int32";
    case SampleType::kFloat32:
      return "float32";
    case SampleType::kFloat64:
      return "float64";
  }
  return "";
}

int64_t bytes_of(SampleType type) {
  switch (type) {
    case SampleType::kUInt8:
    case SampleType::kInt8:
      return 1;
    case SampleType::kUInt16:
    case SampleType::kInt16:
      return 2;
    case SampleType::kFloat64:
      return 8;
    default:
      return 4;
  }
}

bool is_float(SampleType type) { return type == SampleType::kFloat32 || type == SampleType::kFloat64; }

NumberRange range_of(SampleType type) {
  switch (type) {
    case SampleType::kUInt8:
      return whole_range<uint8_t>();
    case SampleType::kInt8:
      return whole_range<int8_t>();
    case SampleType::kUInt16:
      return whole_range<uint16_t>();
    case SampleType::kInt16:
      return whole_range<int16_t>();
    case SampleType::kUInt32:
      return whole_range<uint32_t>();
    case SampleType::kInt32:
      return whole_range<int32_t>();
    default:
      return {};
  }
}

double as_stored(double number, SampleType type) {
  return type == SampleType::kFloat32 ? static_cast<double>(static_cast<float>(number)) : number;
}

void samples_to_numbers(const void* samples, SampleType type, int64_t count, double* numbers, int64_t stride) {
  switch (type) {
    case SampleType::kUInt8:
      return to_numbers<uint8_t>(samples, count, numbers, stride);
    case SampleType::kInt8:
      return to_numbers<int8_t>(samples, count, numbers, stride);
    case SampleType::kUInt16:
      return to_numbers<uint16_t>(samples, count, numbers, stride);
    case SampleType::kInt16:
      return to_numbers<int16_t>(samples, count, numbers, stride);
    case SampleType::kUInt32:
      return to_numbers<uint32_t>(samples, count, numbers, stride);
    case SampleType::kInt32:
      return to_numbers<int32_t>(samples, count, numbers, stride);
    case SampleType::kFloat32:
      return to_numbers<float>(samples, count, numbers, stride);
    case SampleType::kFloat64:
      return to_numbers<double>(samples, count, numbers, stride);
  }
}

}  // namespace multipole
