#include "tasks/segmentation/view/ground_scale.h"

#include <cmath>
#include <cstdint>
#include <numbers>

namespace multipole {
namespace {

// OGC 19-008r4, requirements of the GeoKeyDirectory: entries of (key, place, count, value), place 0 for a short value.
constexpr size_t kEntry = 4;
constexpr uint16_t kModelType = 1024, kAngularUnits = 2054, kProjectedSystem = 3072, kLinearUnits = 3076;
constexpr uint16_t kProjected = 1, kGeographic = 2;
constexpr double kEarthRadius = 6371008.8;  // metres, the mean of WGS 84

std::optional<uint16_t> short_key(const GeoTags& tags, uint16_t key) {
  for (size_t i = kEntry; i + kEntry <= tags.keys.size(); i += kEntry) {
    if (tags.keys[i] == key && tags.keys[i + 1] == 0) return tags.keys[i + 3];
  }
  return std::nullopt;
}

// EPSG's codes of units of length.
std::optional<double> metres_of_unit(const GeoTags& tags) {
  constexpr uint16_t kMetre = 9001, kFoot = 9002, kSurveyFoot = 9003;
  switch (short_key(tags, kLinearUnits).value_or(0)) {
    case kMetre:
      return 1.0;
    case kFoot:
      return 0.3048;
    case kSurveyFoot:
      return 1200.0 / 3937;
    default:
      break;
  }
  // zones of UTM on WGS 84 are in metres; writers that give a system's code alone are not rare
  const uint16_t system = short_key(tags, kProjectedSystem).value_or(0);
  const bool is_utm = (system >= 32601 && system <= 32660) || (system >= 32701 && system <= 32760);
  return is_utm ? std::optional(1.0) : std::nullopt;
}

struct Sides {
  double x = 0, y = 0;  // of a pixel, in the units of the system
  double top = 0;       // y of the picture's upper left corner
};

std::optional<Sides> sides_of(const GeoTags& tags) {
  if (tags.pixel_scale.size() >= 2 && tags.tiepoints.size() >= 6) {
    const double x = tags.pixel_scale[0], y = tags.pixel_scale[1];
    return Sides{std::abs(x), std::abs(y), tags.tiepoints[4] + tags.tiepoints[1] * y};
  }
  if (tags.transformation.size() == 16) {
    const auto& m = tags.transformation;
    return Sides{std::hypot(m[0], m[4]), std::hypot(m[1], m[5]), m[7]};
  }
  return std::nullopt;
}

}  // namespace

std::optional<double> metres_per_pixel(const GeoTags& tags, int64_t height) {
  const auto sides = sides_of(tags);
  if (!sides) return std::nullopt;
  double x = sides->x, y = sides->y;
  const auto model = short_key(tags, kModelType);
  if (model == kGeographic) {
    constexpr uint16_t kDegree = 9102;
    if (short_key(tags, kAngularUnits).value_or(kDegree) != kDegree) return std::nullopt;
    constexpr double kRadians = std::numbers::pi / 180;
    const double latitude = (sides->top - y * static_cast<double>(height) / 2) * kRadians;
    y *= kRadians * kEarthRadius;
    x *= kRadians * kEarthRadius * std::cos(latitude);
  } else if (const auto unit = model == kProjected ? metres_of_unit(tags) : std::nullopt) {
    x *= *unit;
    y *= *unit;
  } else {
    return std::nullopt;
  }
  const double mean = (x + y) / 2;
  return std::isfinite(mean) && mean > 0 ? std::optional(mean) : std::nullopt;
}

}  // namespace multipole
