// Tensors over mapped files.
#pragma once

#include <torch/types.h>

#include <memory>

#include "base/byte_view.h"
#include "base/mapped_file.h"

namespace multipole {

// `bytes` of the mapping as a uint8 tensor, which keeps the mapping alive. It must not be written to.
torch::Tensor mapped_tensor(ByteView bytes, at::IntArrayRef sizes, std::shared_ptr<const MappedFile> mapping);

}  // namespace multipole
