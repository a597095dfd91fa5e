#include "datasets/vector/georeference.h"

#include <cmath>

namespace multipole {
namespace {

// Keys of the directory and their values, by the standard's names.
constexpr uint16_t kModelType = 1024, kRasterType = 1025, kGeodeticCrs = 2048, kAngularUnits = 2054, kSemiMajor = 2057,
                   kInverseFlattening = 2059, kProjectedCrs = 3072, kLinearUnits = 3076, kLinearUnitSize = 3077;
constexpr uint16_t kDoublesTag = 34736;
constexpr int kProjectedModel = 1, kGeographicModel = 2, kPixelIsPoint = 2, kUserDefined = 32767, kDegree = 9102;

class KeyDirectory {
 public:
  explicit KeyDirectory(const GeoTags& tags) : tags_(tags) {}

  std::optional<int> number(uint16_t key) const {
    const uint16_t* const entry = find(key);
    if (entry == nullptr || entry[1] != 0) return std::nullopt;
    return entry[3];
  }
  std::optional<double> real(uint16_t key) const {
    const uint16_t* const entry = find(key);
    if (entry == nullptr || entry[1] != kDoublesTag || entry[3] >= tags_.key_doubles.size()) return std::nullopt;
    return tags_.key_doubles[entry[3]];
  }
  // A registered code: 0 where there is none.
  int code(uint16_t key) const {
    const int value = number(key).value_or(0);
    return value == kUserDefined ? 0 : value;
  }

 private:
  // Key, tag that holds the value (0: the entry itself), count, value or place.
  const uint16_t* find(uint16_t key) const {
    for (size_t at = 4; at + 4 <= tags_.keys.size(); at += 4) {
      if (tags_.keys[at] == key) return &tags_.keys[at];
    }
    return nullptr;
  }

  const GeoTags& tags_;
};

std::optional<std::array<double, 6>> affine_of(const GeoTags& tags) {
  if (tags.transformation.size() == 16) {
    const auto& m = tags.transformation;
    return std::array{m[3], m[0], m[1], m[7], m[4], m[5]};
  }
  if (tags.pixel_scale.size() < 2 || tags.tiepoints.size() < 6) return std::nullopt;
  const double scale_x = tags.pixel_scale[0], scale_y = -tags.pixel_scale[1];
  const auto& tie = tags.tiepoints;  // column, row, level, x, y, z
  return std::array{tie[3] - tie[0] * scale_x, scale_x, 0.0, tie[4] - tie[1] * scale_y, 0.0, scale_y};
}

bool is_in_metres(int epsg) {
  const bool is_utm = (epsg > 32600 && epsg <= 32660) || (epsg > 32700 && epsg <= 32760) ||  // WGS 84
                      (epsg >= 25828 && epsg <= 25838) || (epsg >= 26901 && epsg <= 26923);  // ETRS89, NAD83
  return is_utm || epsg == 3857;
}

std::optional<double> unit_of(const KeyDirectory& keys, int epsg) {
  constexpr int kMetre = 9001, kFoot = 9002, kSurveyFoot = 9003;
  switch (keys.number(kLinearUnits).value_or(0)) {
    case kMetre:
      return 1;
    case kFoot:
      return 0.3048;
    case kSurveyFoot:
      return 1200.0 / 3937.0;
    case kUserDefined:
      return keys.real(kLinearUnitSize);
    case 0:
      return is_in_metres(epsg) ? std::optional<double>(1) : std::nullopt;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<Georeference> georeference_of(const GeoTags& tags) {
  const auto transform = affine_of(tags);
  if (!transform) return std::nullopt;
  const KeyDirectory keys(tags);
  Georeference out;
  out.transform = *transform;
  if (out.determinant() == 0 || !std::isfinite(out.determinant())) return std::nullopt;
  if (keys.number(kRasterType) == kPixelIsPoint) {
    const auto corner = out.place(-0.5, -0.5);
    out.transform[0] = corner[0];
    out.transform[3] = corner[1];
  }
  const int model = keys.number(kModelType)
                        .value_or(keys.number(kProjectedCrs)  ? kProjectedModel
                                  : keys.number(kGeodeticCrs) ? kGeographicModel
                                                              : 0);
  out.geographic = model == kGeographicModel && keys.number(kAngularUnits).value_or(kDegree) == kDegree;
  if (model == kProjectedModel) {
    out.epsg = keys.code(kProjectedCrs);
    out.unit_metres = unit_of(keys, out.epsg);
  } else if (model == kGeographicModel) {
    out.epsg = keys.code(kGeodeticCrs);
  }
  if (const auto size = keys.real(kSemiMajor)) out.ellipsoid.semi_major = *size;
  if (const auto flattening = keys.real(kInverseFlattening)) out.ellipsoid.inverse_flattening = *flattening;
  return out;
}

std::optional<double> Georeference::pixel_area(int64_t row) const {
  if (unit_metres) return std::abs(determinant()) * *unit_metres * *unit_metres;
  if (!geographic || transform[2] != 0 || transform[4] != 0) return std::nullopt;
  const auto top = static_cast<double>(row);
  return lon_lat_area(ellipsoid, place(0, top)[1], place(0, top + 1)[1], transform[1]);
}

}  // namespace multipole
