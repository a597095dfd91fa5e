// c10d's side of ProcessGroup; included only where c10d itself is used, since its headers are heavy.
#pragma once

#include <functional>
#include <string>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>

#include "engine/distributed/process_group.h"

namespace multipole {

struct ProcessGroup::Native {
  c10::intrusive_ptr<c10d::ProcessGroup> group;
};

// Meets the other processes at the place's address and gives each kind of device its backend.
c10::intrusive_ptr<c10d::ProcessGroup> connect_processes(const ProcessPlace& place, const ProcessTimeouts& timeouts);

// Runs `body`; what c10d throws for a lost process becomes a TrainingError that says what it means for the run.
void translating_failures(const std::function<void()>& body);

// c10d's messages carry a stack behind the first line.
std::string first_line(const std::string& text);

}  // namespace multipole
