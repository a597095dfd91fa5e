#include "datasets/vector/coordinate_transform.h"

#include <proj.h>

#include <cmath>

#include "base/error.h"

namespace multipole {

class CoordinateTransform::Projection {
 public:
  Projection(const std::string& from, const std::string& to)
      : from_(from), to_(to), context_(proj_context_create(), proj_context_destroy) {
    proj_log_level(context_.get(), PJ_LOG_NONE);
    const Pointer<PJ> found(proj_create_crs_to_crs(context_.get(), from.c_str(), to.c_str(), nullptr), proj_destroy);
    if (found != nullptr) transform_.reset(proj_normalize_for_visualization(context_.get(), found.get()));
    if (transform_ == nullptr) {
      const char* const reason = proj_context_errno_string(context_.get(), proj_context_errno(context_.get()));
      throw InputError("PROJ has no way from " + from_ + " to " + to_ + ": " +
                       (reason == nullptr ? "unknown code" : reason));
    }
  }

  std::array<double, 2> apply(const std::array<double, 2>& point) const {
    const PJ_COORD result = proj_trans(transform_.get(), PJ_FWD, proj_coord(point[0], point[1], 0, 0));
    if (!std::isfinite(result.xy.x) || !std::isfinite(result.xy.y)) {
      throw InputError("(" + std::to_string(point[0]) + ", " + std::to_string(point[1]) + ") of " + from_ +
                       " is no place of " + to_);
    }
    return {result.xy.x, result.xy.y};
  }

 private:
  template <class T>
  using Pointer = std::unique_ptr<T, T* (*)(T*)>;

  std::string from_, to_;
  Pointer<PJ_CONTEXT> context_;
  Pointer<PJ> transform_{nullptr, proj_destroy};
};

bool has_proj() { return true; }

CoordinateTransform::CoordinateTransform(const std::string& from, const std::string& to)
    : projection_(std::make_unique<Projection>(from, to)) {}
CoordinateTransform::~CoordinateTransform() = default;
CoordinateTransform::CoordinateTransform(CoordinateTransform&&) noexcept = default;

std::array<double, 2> CoordinateTransform::operator()(const std::array<double, 2>& point) const {
  return projection_->apply(point);
}

}  // namespace multipole
