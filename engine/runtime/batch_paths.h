// Errors of the model, told with the files that were in it.
#pragma once

#include <c10/util/Exception.h>

#include <exception>
#include <string>
#include <vector>

#include "base/error.h"
#include "datasets/dataset.h"
#include "engine/runtime/out_of_memory.h"

namespace multipole {

// "a.png, b.png, c.png and 125 more"
std::string list_paths(const std::vector<Batch>& batches);

// What body() gives. An error of torch, which knows no files, becomes an Error that names the batch's; the library's
// own errors and want of memory pass as they are.
template <class Body>
auto naming_files(const Batch& batch, const Body& body) {
  try {
    return body();
  } catch (const c10::Error& error) {
    if (is_out_of_memory(error)) throw;
    throw Error(list_paths({batch}) + ": " + error.what_without_backtrace());
  }
}

}  // namespace multipole
