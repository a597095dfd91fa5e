#include "engine/runtime/out_of_memory.h"

#include <c10/util/Exception.h>

#include <new>
#include <string_view>

namespace multipole {

bool is_out_of_memory(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return true;
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr) return true;
  const std::string_view what = error.what();
  return what.find("can't allocate memory") != what.npos || what.find("not enough memory") != what.npos;
}

}  // namespace multipole
