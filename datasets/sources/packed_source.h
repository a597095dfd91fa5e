// Packed data (formats/pack_format.h), mapped into memory. Pictures are handed out as they lie in the file, after their
// checksum was compared.
#pragma once

#include "base/mapped_file.h"
#include "datasets/formats/pack_reader.h"
#include "datasets/sources/picture_source.h"

namespace multipole {

class PackedSource : public PictureSource {
 public:
  // Throws InputError where the file cannot be read or is no whole pack.
  explicit PackedSource(const std::filesystem::path& file);

  std::vector<std::string> splits() const override { return reader_.split_names(); }
  std::vector<std::string> classes(const std::string& split) const override;
  PictureListing pictures(const std::string& split, const std::string& class_name) const override;
  std::string name() const override { return file_.string(); }
  std::string describe_split(const std::string& split) const override;
  std::string describe_class(const std::string&, const std::string& class_name) const override { return class_name; }
  std::string path(const PictureItem& item) const override { return file_.string() + ":" + item.name; }
  // The tensors lie in read-only memory: callers must not write to them.
  Sample read(const PictureItem& item) const override;
  bool is_decoded() const override { return true; }

 private:
  std::filesystem::path file_;
  std::shared_ptr<const MappedFile> mapping_;
  PackReader reader_;
  std::vector<std::vector<std::vector<int64_t>>> records_;  // by split (one where there are none) and class
};

}  // namespace multipole
