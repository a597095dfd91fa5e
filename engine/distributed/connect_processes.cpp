#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#ifdef USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

#include <cstdlib>

#include "engine/distributed/process_group_native.h"

namespace multipole {
namespace {

using StorePointer = c10::intrusive_ptr<c10d::Store>;

StorePointer open_store(const ProcessPlace& place, std::chrono::seconds timeout) {
  c10d::TCPStoreOptions options;
  options.port = static_cast<uint16_t>(place.port);
  options.isServer = place.is_first() && !place.launcher_keeps_store;
  options.numWorkers = static_cast<size_t>(place.num_processes);
  options.timeout = timeout;
  return c10::make_intrusive<c10d::TCPStore>(place.address, options);
}

StorePointer with_prefix(const std::string& prefix, const StorePointer& store) {
  return c10::make_intrusive<c10d::PrefixStore>(prefix, store);
}

// A launcher's store outlives the processes, so that keys of those before would pass for ours: each attempt has its
// own, and within it each group, of which the first `size` arrivals make the first.
StorePointer store_of_this_group(const ProcessPlace& place, std::chrono::seconds timeout) {
  const auto attempt = with_prefix("multipole/" + std::to_string(place.attempt), open_store(place, timeout));
  const int64_t group = (attempt->add("arrivals", 1) - 1) / place.num_processes;
  return with_prefix(std::to_string(group), attempt);
}

c10::intrusive_ptr<c10d::Backend> make_gloo(const StorePointer& store, int rank, int size,
                                            std::chrono::seconds timeout) {
  const auto options = c10d::ProcessGroupGloo::Options::create(timeout);
  const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
  options->devices.push_back(interface != nullptr ? c10d::ProcessGroupGloo::createDeviceForInterface(interface)
                                                  : c10d::ProcessGroupGloo::createDefaultDevice());
  return c10::make_intrusive<c10d::ProcessGroupGloo>(with_prefix("gloo", store), rank, size, options);
}

#ifdef USE_C10D_NCCL
c10::intrusive_ptr<c10d::Backend> make_nccl(const StorePointer& store, int rank, int size,
                                            std::chrono::seconds timeout) {
  const auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = timeout;
  return c10::make_intrusive<c10d::ProcessGroupNCCL>(with_prefix("nccl", store), rank, size, options);
}
#endif

}  // namespace

c10::intrusive_ptr<c10d::ProcessGroup> connect_processes(const ProcessPlace& place, const ProcessTimeouts& timeouts) {
  using BackendType = c10d::ProcessGroup::BackendType;
  const int rank = static_cast<int>(place.process_rank), size = static_cast<int>(place.num_processes);
  const StorePointer store = store_of_this_group(place, timeouts.meeting);
  const auto group = c10::make_intrusive<c10d::ProcessGroup>(store, rank, size);
  const auto gloo = make_gloo(store, rank, size, timeouts.exchange);
  group->setBackend(c10::DeviceType::CPU, BackendType::GLOO, gloo);
#ifdef USE_C10D_NCCL
  group->setBackend(c10::DeviceType::CUDA, BackendType::NCCL, make_nccl(store, rank, size, timeouts.exchange));
#else
  group->setBackend(c10::DeviceType::CUDA, BackendType::GLOO, gloo);
#endif
  group->setDefaultBackend(BackendType::GLOO);
  return group;
}

}  // namespace multipole
