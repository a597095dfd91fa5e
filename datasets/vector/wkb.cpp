#include "datasets/vector/wkb.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "base/error.h"

namespace multipole {
namespace {

constexpr uint32_t kPolygonKind = 3, kMultiPolygonKind = 6, kCollectionKind = 7;
constexpr int kDeepest = 8;

class WkbReader {
 public:
  explicit WkbReader(ByteView bytes) : bytes_(bytes) {}

  void add_geometry(std::vector<DrawnPolygon>& parts, int depth = 0) {
    if (depth > kDeepest) throw InputError("collections in collections without end");
    swaps_ = (byte() == 1) != (std::endian::native == std::endian::little);
    const uint32_t type = number<uint32_t>();
    take_dimensions(type);
    const uint32_t kind = (type & 0x0fffffff) % 1000;
    if (kind != kPolygonKind && kind != kMultiPolygonKind && kind != kCollectionKind) {
      throw InputError("a geometry of type " + std::to_string(kind) + ", where polygons are needed");
    }
    const uint32_t count = number<uint32_t>();
    if (kind == kPolygonKind) {
      if (count > 0) parts.push_back(polygon(count));
      return;
    }
    for (uint32_t i = 0; i < count; ++i) add_geometry(parts, depth + 1);
  }

 private:
  // ISO's thousands, or the flags of EWKB.
  void take_dimensions(uint32_t type) {
    constexpr uint32_t kHeights = 0x80000000, kMeasures = 0x40000000, kSystem = 0x20000000;
    const uint32_t iso = (type & 0x0fffffff) / 1000;
    dimensions_ = 2 + (iso == 3 ? 2 : iso > 0 ? 1 : 0);
    if ((type & kHeights) != 0) ++dimensions_;
    if ((type & kMeasures) != 0) ++dimensions_;
    if ((type & kSystem) != 0) number<uint32_t>();
  }

  DrawnPolygon polygon(uint32_t count) {
    DrawnPolygon polygon;
    for (uint32_t i = 0; i < count; ++i) {
      const uint32_t corners = number<uint32_t>();
      if (corners > (bytes_.size() - at_) / (sizeof(double) * dimensions_)) throw InputError("a truncated geometry");
      PolygonRing ring(corners);
      for (auto& corner : ring) {
        for (auto& value : corner) value = number<double>();
        for (size_t more = 2; more < dimensions_; ++more) number<double>();
      }
      polygon.rings.push_back(closed_ring(std::move(ring)));
    }
    return polygon;
  }

  uint8_t byte() {
    if (at_ >= bytes_.size()) throw InputError("a truncated geometry");
    return bytes_[at_++];
  }

  template <class T>
  T number() {
    if (bytes_.size() - at_ < sizeof(T)) throw InputError("a truncated geometry");
    std::array<uint8_t, sizeof(T)> stored;
    std::memcpy(stored.data(), bytes_.data() + at_, sizeof(T));
    at_ += sizeof(T);
    if (swaps_) std::reverse(stored.begin(), stored.end());
    return std::bit_cast<T>(stored);
  }

  ByteView bytes_;
  size_t at_ = 0, dimensions_ = 2;
  bool swaps_ = false;
};

}  // namespace

std::vector<DrawnPolygon> polygons_of_wkb(ByteView bytes) {
  std::vector<DrawnPolygon> parts;
  WkbReader(bytes).add_geometry(parts);
  return parts;
}

std::vector<DrawnPolygon> polygons_of_blob(ByteView blob) {
  constexpr size_t kFixed = 8;  // magic, version, flags, system
  constexpr size_t kBoxes[] = {0, 32, 48, 48, 64};
  if (blob.size() < kFixed || blob[0] != 'G' || blob[1] != 'P')
    throw InputError("a geometry that is none of a GeoPackage");
  const size_t box = blob[3] >> 1 & 7;
  if (box >= std::size(kBoxes) || blob.size() < kFixed + kBoxes[box]) throw InputError("a truncated geometry");
  constexpr uint8_t kEmpty = 1 << 4;
  if ((blob[3] & kEmpty) != 0) return {};
  const size_t skipped = kFixed + kBoxes[box];
  return polygons_of_wkb(ByteView(blob.data() + skipped, blob.size() - skipped));
}

}  // namespace multipole
