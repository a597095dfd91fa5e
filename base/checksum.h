// XXH3, 64 bits (https://xxhash.com): tells damage and change, no protection against forgery.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace multipole {

uint64_t checksum(std::span<const uint8_t> bytes);
uint64_t checksum(std::string_view text);

// The same number over parts that come one after another.
class Checksum {
 public:
  Checksum();
  ~Checksum();
  Checksum(const Checksum&) = delete;
  Checksum& operator=(const Checksum&) = delete;

  void add(const void* data, size_t size);
  // Of all that was added so far.
  uint64_t value() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// 16 lower-case digits.
std::string checksum_text(uint64_t value);

}  // namespace multipole
