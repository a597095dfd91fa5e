#include "engine/files/npy_file.h"

#include "engine/files/atomic_file.h"

namespace multipole {
namespace {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "arrays are written as they lie in memory");

constexpr size_t kAlignment = 64;  // of the numbers in the file
constexpr char kStart[] = "\x93NUMPY\x01\x00";
constexpr size_t kStartSize = 8, kLengthSize = 2;

}  // namespace

std::string npy_header(const std::vector<int64_t>& shape) {
  std::string text = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
  for (size_t i = 0; i < shape.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  text += shape.size() == 1 ? ",), }" : "), }";  // as Python writes a tuple
  const size_t before = kStartSize + kLengthSize, unpadded = before + text.size() + 1;
  text.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  text += '\n';
  std::string header(kStart, kStartSize);
  header += static_cast<char>(text.size() & 0xff);
  header += static_cast<char>(text.size() >> 8);
  return header + text;
}

void write_npy(const std::filesystem::path& path, const torch::Tensor& array) {
  TORCH_CHECK(array.scalar_type() == torch::kFloat, "write_npy: expected float32, got ", array.scalar_type());
  const auto numbers = array.detach().to(torch::kCPU).contiguous();
  const std::string header = npy_header(numbers.sizes().vec());
  AtomicFile file(path, header.size() + numbers.nbytes());
  file.write(header);
  file.write(numbers.data_ptr(), numbers.nbytes());
  file.commit();
}

}  // namespace multipole
