#include "apps/arguments/exit_code.h"

#include <c10/util/Exception.h>

#include "base/error.h"
#include "engine/runtime/out_of_memory.h"

namespace multipole {

int exit_code_of(const std::exception& error) {
  if (dynamic_cast<const ConfigError*>(&error) != nullptr) return kExitUsage;
  if (dynamic_cast<const InputError*>(&error) != nullptr) return kExitSomeBad;
  if (dynamic_cast<const ResourceError*>(&error) != nullptr) return kExitResources;
  if (dynamic_cast<const ModelFileError*>(&error) != nullptr) return kExitModel;
  return is_out_of_memory(error) ? kExitResources : kExitFailure;
}

std::string message_of(const std::exception& error) {
  std::string message = error.what();
  if (const auto* torch_error = dynamic_cast<const c10::Error*>(&error)) {
    message = torch_error->what_without_backtrace();
  }
  if (is_out_of_memory(error)) message += "\nout of memory: a smaller --batch-size or picture size needs less";
  return message;
}

}  // namespace multipole
