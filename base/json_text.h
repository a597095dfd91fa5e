// JSON that leaves the program and may name files. Names are bytes and need not be UTF-8, which JSON text has to be: a
// byte that belongs to no UTF-8 character is written as a lone surrogate, \udc80 to \udcff, as Python's
// "surrogateescape" has it: json.loads(text)["path"].encode("utf-8", "surrogateescape") gives the name's bytes.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace multipole {

// Otherwise what dump() gives: one line, or indented by so many spaces.
std::string json_text(const Json& value, int indent = -1);

// The reverse: parses such text as parse_json does, and lone surrogates of that range become bytes again. Throws
// ConfigError that names `source`.
Json parse_json_text(std::string_view text, const std::string& source);

}  // namespace multipole
