// What a fuzz target shows to its driver, libFuzzer's or the project's own (mutation_driver.cpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// One input. Returns where it was read or refused with the error that is promised for it; anything else is a finding.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace multipole::fuzz {

// Inputs to start from: valid ones, so that mutations reach what lies behind the first checks.
std::vector<std::string> seeds();

// Ends the program where a promise is broken.
[[noreturn]] void fail(const char* promise);

}  // namespace multipole::fuzz
