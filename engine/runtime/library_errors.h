// The library's errors in place of torch's.
#pragma once

#include <c10/util/Exception.h>

#include <exception>
#include <string>

#include "base/error.h"
#include "engine/runtime/out_of_memory.h"

namespace multipole {

// What body() gives. Want of memory becomes a ResourceError and any other error of torch an Error, without its
// backtrace; the library's own pass as they are.
template <class Body>
auto with_library_errors(const Body& body) {
  try {
    return body();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    const auto* const torch_error = dynamic_cast<const c10::Error*>(&error);
    const std::string text = torch_error != nullptr ? torch_error->what_without_backtrace() : error.what();
    if (is_out_of_memory(error)) throw ResourceError("out of memory: " + text);
    if (torch_error != nullptr) throw Error(text);
    throw;
  }
}

}  // namespace multipole
