// Options of the command `train` that one task alone has, and what they say as settings.
#pragma once

#include "apps/arguments/command.h"
#include "base/json.h"

namespace multipole {

class TaskOptions {
 public:
  virtual ~TaskOptions() = default;
  virtual void add_to(CLI::App& /*command*/) {}
  virtual void put(Json& /*settings*/) const {}
};

}  // namespace multipole
