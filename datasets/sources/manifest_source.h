// Pictures that a CSV manifest names (formats/manifest.h), in the file's order; classes in byte order of their labels.
#pragma once

#include <map>

#include "datasets/formats/manifest.h"
#include "datasets/sources/picture_source.h"

namespace multipole {

class ManifestSource : public PictureSource {
 public:
  // Paths are relative to `root`, or to the manifest's folder where it is empty. Throws InputError where the file
  // cannot be read, ConfigError "FILE line N: reason" where it is no manifest or has absolute paths of which none
  // exists.
  ManifestSource(const std::filesystem::path& file, const std::filesystem::path& root, const DecodeOptions& decode);

  bool has_label_sets() const override { return manifest_.has_label_sets; }
  std::vector<std::string> splits() const override;
  std::vector<std::string> classes(const std::string& split) const override;
  PictureListing pictures(const std::string& split, const std::string& class_name) const override;
  std::string name() const override { return file_.string(); }
  std::string describe_split(const std::string& split) const override;
  std::string describe_class(const std::string& split, const std::string& class_name) const override;
  std::filesystem::path root() const override { return root_; }
  std::string path(const PictureItem& item) const override { return (root_ / item.name).string(); }
  Sample read(const PictureItem& item) const override;

 private:
  using Rows = std::vector<size_t>;

  std::filesystem::path file_, root_;
  DecodeOptions decode_;
  Manifest manifest_;
  std::map<std::string, std::map<std::string, Rows>> rows_;  // by split and label
};

}  // namespace multipole
