// Folders of pictures: ROOT/<split>/<class>/* or ROOT/<class>/*, in folders of no meaning perhaps (folder_layout.h).
// Classes and files are taken in byte order of their names ("10" before "9"); names that begin with a dot are skipped,
// links are followed, a loop of links is an error. Files count by extension (image_extensions()); whether they are
// pictures shows when they are read.
#pragma once

#include "datasets/sources/folder_layout.h"
#include "datasets/sources/picture_source.h"

namespace multipole {

class FolderSource : public PictureSource {
 public:
  // Throws ConfigError where find_folder_layout() does.
  FolderSource(const std::filesystem::path& root, const DecodeOptions& decode);

  std::vector<std::string> splits() const override { return layout_.splits; }
  std::vector<std::string> classes(const std::string& split) const override;
  PictureListing pictures(const std::string& split, const std::string& class_name) const override;
  std::string note() const override { return layout_.note; }
  std::string name() const override { return root().string(); }
  std::string describe_split(const std::string& split) const override { return folder(split).string(); }
  std::string describe_class(const std::string&, const std::string& class_name) const override { return class_name; }
  std::filesystem::path root() const override { return layout_.root; }
  std::string path(const PictureItem& item) const override { return (root() / item.name).string(); }
  Sample read(const PictureItem& item) const override;

 private:
  std::filesystem::path folder(const std::string& split) const { return split.empty() ? root() : root() / split; }

  FolderLayout layout_;
  DecodeOptions decode_;
};

}  // namespace multipole
