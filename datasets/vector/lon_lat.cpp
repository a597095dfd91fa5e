#include "datasets/vector/lon_lat.h"

#include <proj.h>

#include <cmath>
#include <string>

#include "base/error.h"

namespace multipole {

class LonLatTransform::Projection {
 public:
  explicit Projection(int epsg)
      : name_("EPSG:" + std::to_string(epsg)), context_(proj_context_create(), proj_context_destroy) {
    proj_log_level(context_.get(), PJ_LOG_NONE);
    const Pointer<PJ> found(proj_create_crs_to_crs(context_.get(), name_.c_str(), "OGC:CRS84", nullptr), proj_destroy);
    if (found != nullptr) transform_.reset(proj_normalize_for_visualization(context_.get(), found.get()));
    if (transform_ == nullptr) {
      const char* const reason = proj_context_errno_string(context_.get(), proj_context_errno(context_.get()));
      throw InputError("PROJ has no way from " + name_ +
                       " to longitude and latitude: " + (reason == nullptr ? "unknown code" : reason));
    }
  }

  std::array<double, 2> apply(const std::array<double, 2>& point) const {
    const PJ_COORD result = proj_trans(transform_.get(), PJ_FWD, proj_coord(point[0], point[1], 0, 0));
    if (!std::isfinite(result.xy.x) || !std::isfinite(result.xy.y)) {
      throw InputError("(" + std::to_string(point[0]) + ", " + std::to_string(point[1]) + ") is no place of " + name_);
    }
    constexpr double kSteps = 1e9;
    return {std::round(result.xy.x * kSteps) / kSteps, std::round(result.xy.y * kSteps) / kSteps};
  }

 private:
  template <class T>
  using Pointer = std::unique_ptr<T, T* (*)(T*)>;

  std::string name_;
  Pointer<PJ_CONTEXT> context_;
  Pointer<PJ> transform_{nullptr, proj_destroy};
};

bool has_lon_lat() { return true; }

LonLatTransform::LonLatTransform(int epsg) : projection_(std::make_unique<Projection>(epsg)) {}
LonLatTransform::~LonLatTransform() = default;
LonLatTransform::LonLatTransform(LonLatTransform&&) noexcept = default;

std::array<double, 2> LonLatTransform::operator()(const std::array<double, 2>& point) const {
  return projection_->apply(point);
}

}  // namespace multipole
