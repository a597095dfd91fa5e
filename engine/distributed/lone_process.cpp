// The build without gloo's headers: a group of one.
#include "base/error.h"
#include "engine/distributed/gradient_reducer.h"
#include "engine/distributed/process_group.h"

namespace multipole {

struct ProcessGroup::Native {};

ProcessGroup::ProcessGroup(const ProcessPlace& place, const ProcessTimeouts&) : place_(place) {
  if (place.num_processes > 1) {
    throw ResourceError(
        "this program was built without gloo's headers and works in one process only; install "
        "libgloo-dev and build again");
  }
}
ProcessGroup::~ProcessGroup() = default;
void ProcessGroup::sum(torch::Tensor&) const {}
double ProcessGroup::sum(double value) const { return value; }
void ProcessGroup::broadcast(const std::vector<torch::Tensor>&) const {}
void ProcessGroup::barrier() const {}
void ProcessGroup::expect_same(const std::string&, int64_t) const {}

struct GradientReducer::Native {};

GradientReducer::GradientReducer(std::vector<torch::Tensor>, std::shared_ptr<const ProcessGroup>) {}
GradientReducer::~GradientReducer() = default;
void GradientReducer::backward(const torch::Tensor& loss, bool) {
  if (loss.defined()) loss.backward();
}

}  // namespace multipole
