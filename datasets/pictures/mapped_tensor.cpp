#include "datasets/pictures/mapped_tensor.h"

#include <ATen/ops/from_blob.h>

#include <utility>

namespace multipole {

torch::Tensor mapped_tensor(ByteView bytes, at::IntArrayRef sizes, std::shared_ptr<const MappedFile> mapping) {
  return at::from_blob(
      const_cast<uint8_t*>(bytes.data()), sizes, [mapping = std::move(mapping)](void*) {},
      at::TensorOptions(at::kByte));
}

}  // namespace multipole
