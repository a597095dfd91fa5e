#include "engine/distributed/process_group.h"

#include "base/error.h"
#include "engine/distributed/process_group_native.h"
#include "engine/runtime/training_error.h"

namespace multipole {

void translating_failures(const std::function<void()>& body) {
  const auto lost = [](const std::exception& error) {
    return TrainingError(
        "another process of this command ended or stopped answering; start the same command again on all of them (a "
        "training goes on from its last state; " +
        first_line(error.what()) + ")");
  };
  try {
    body();
  } catch (const c10::DistError& error) {
    throw lost(error);
  } catch (const c10::Error&) {
    throw;  // this process's own: out of memory, a defect
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw lost(error);  // gloo's have no common base that its users could name
  }
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

ProcessGroup::ProcessGroup(const ProcessPlace& place, const ProcessTimeouts& timeouts) : place_(place) {
  if (place.num_processes == 1) return;
  try {
    native_ = std::make_unique<Native>(Native{connect_processes(place, timeouts)});
  } catch (const std::exception& error) {
    throw ResourceError("process " + std::to_string(place.process_rank) + " of " + std::to_string(place.num_processes) +
                        " cannot meet the others at " + place.address + ":" + std::to_string(place.port) + ": " +
                        first_line(error.what()));
  }
}

ProcessGroup::~ProcessGroup() = default;

void ProcessGroup::sum(torch::Tensor& tensor) const {
  if (!native_) return;
  translating_failures([&] {
    std::vector<torch::Tensor> tensors = {tensor};
    native_->group->allreduce(tensors)->wait();
  });
}

double ProcessGroup::sum(double value) const {
  if (!native_) return value;
  torch::Tensor tensor = torch::full({1}, value, torch::kFloat64);
  sum(tensor);
  return tensor.item<double>();
}

void ProcessGroup::broadcast(const std::vector<torch::Tensor>& tensors) const {
  if (!native_) return;
  translating_failures([&] {
    for (const torch::Tensor& tensor : tensors) {
      std::vector<torch::Tensor> one = {tensor};
      native_->group->broadcast(one)->wait();
    }
  });
}

void ProcessGroup::barrier() const { sum(0.0); }

void ProcessGroup::expect_same(const std::string& what, int64_t value) const {
  if (!native_) return;
  torch::Tensor values = torch::zeros({size()}, torch::kInt64);
  values[process_rank()] = value;
  sum(values);
  for (int64_t other = 1; other < size(); ++other) {
    const auto first = values[0].item<int64_t>(), theirs = values[other].item<int64_t>();
    if (first == theirs) continue;
    throw ConfigError("the processes of this command differ in " + what + " (process 0 has " + std::to_string(first) +
                      ", process " + std::to_string(other) + " has " + std::to_string(theirs) +
                      "); give all of them the same command, the same data and one folder for results that all can read");
  }
}

}  // namespace multipole
