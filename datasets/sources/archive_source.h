// Pictures inside a tar or zip archive, read in place: <split>/<class>/* or <class>/*, as in folders. One folder around
// everything, as archivers like to put it, does not count. Nothing is unpacked to disk.
#pragma once

#include <map>

#include "base/mapped_file.h"
#include "datasets/sources/archive_index.h"
#include "datasets/sources/picture_source.h"

namespace multipole {

class ArchiveSource : public PictureSource {
 public:
  // Throws InputError where the file cannot be read, ConfigError where index_archive does or nothing in it is a class.
  ArchiveSource(const std::filesystem::path& file, const DecodeOptions& decode);

  std::vector<std::string> splits() const override;
  std::vector<std::string> classes(const std::string& split) const override;
  PictureListing pictures(const std::string& split, const std::string& class_name) const override;
  std::string name() const override { return file_.string(); }
  std::string describe_split(const std::string& split) const override;
  std::string describe_class(const std::string&, const std::string& class_name) const override { return class_name; }
  std::string path(const PictureItem& item) const override { return file_.string() + ":" + item.name; }
  Sample read(const PictureItem& item) const override;

 private:
  std::filesystem::path file_;
  DecodeOptions decode_;
  MappedFile mapping_;
  std::vector<ArchiveEntry> entries_;
  bool has_splits_ = false;
  std::map<std::string, std::map<std::string, PictureListing>> pictures_;  // by split ("" where there are none), class
};

// As a source of unknown kind, for a build without libarchive to refuse.
std::shared_ptr<const PictureSource> open_archive_source(const std::filesystem::path& file,
                                                         const DecodeOptions& decode);

}  // namespace multipole
