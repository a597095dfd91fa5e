#include "base/mapped_file.h"

#include <sys/mman.h>

#include "base/regular_file.h"

namespace multipole {

MappedFile::MappedFile(const std::filesystem::path& path) {
  const RegularFile file(path);
  if (file.size() == 0) file.fail("the file is empty");
  size_ = static_cast<size_t>(file.size());
  address_ = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, file.descriptor(), 0);
  if (address_ == MAP_FAILED) file.fail_with_errno();
}

MappedFile::~MappedFile() { ::munmap(address_, size_); }

}  // namespace multipole
