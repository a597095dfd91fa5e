// Turns a refused launch into an exception; host code of the kernels only.
#pragma once

#include <cuda_runtime_api.h>

#include <stdexcept>
#include <string>

namespace multipole::cuda {

inline void check_cuda(cudaError_t status, const char* what) {
  if (status != cudaSuccess) {
    throw std::runtime_error(std::string("multipole: CUDA refused ") + what + ": " + cudaGetErrorString(status));
  }
}

}  // namespace multipole::cuda
