// The kinds of failure that the library tells apart. Libraries throw them with what, where and why; only main catches.
#pragma once

#include <stdexcept>
#include <string>

namespace multipole {

// Base of every error that is the user's or the machine's rather than a defect of the program.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Wrong usage: an unknown config key, a value out of range, an option that makes no sense here.
class ConfigError : public Error {
 public:
  using Error::Error;
};

// An input (image, mask, list) that cannot be used. The message names the path and the reason.
class InputError : public Error {
 public:
  using Error::Error;
};

// The machine ran out of something: disk, memory, device.
class ResourceError : public Error {
 public:
  using Error::Error;
};

// A model or checkpoint file that is corrupt, of another task or of a newer format.
class ModelFileError : public Error {
 public:
  using Error::Error;
};

}  // namespace multipole
