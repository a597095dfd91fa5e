// Several strings of any bytes in one, as one process hands them to another.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace multipole {

// Each with its length before it.
std::string pack_strings(const std::vector<std::string>& strings);

// The strings again. Throws Error for bytes that pack_strings() does not give.
std::vector<std::string> unpack_strings(std::string_view packed);

}  // namespace multipole
