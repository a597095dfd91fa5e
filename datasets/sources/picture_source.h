// Labelled pictures wherever they lie: folders, a CSV manifest, an archive, packed data. A source knows its splits, the
// classes of each, and how to read a picture; which of them a training or an evaluation takes is decided in
// datasets/sources/split_selection.h, by the same rules for all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "datasets/codecs/image_decode.h"
#include "datasets/dataset.h"

namespace multipole {

struct PictureItem {
  std::string name;  // within the source and unique there, the same wherever the source lies: train/cat/1.jpg
  int64_t id = 0;    // the source's own: a row, an entry, a record
};

struct PictureListing {
  std::vector<PictureItem> items;
  int64_t num_other_files = 0;  // left out for their extension
};

// Every method may be called from several threads at once.
class PictureSource {
 public:
  virtual ~PictureSource() = default;

  // In the source's order (folders: byte order); empty where the data has no splits.
  virtual std::vector<std::string> splits() const = 0;
  // The classes of a split, in the source's order; `split` is "" where there are none. Throws ConfigError where the
  // split has no class.
  virtual std::vector<std::string> classes(const std::string& split) const = 0;
  virtual PictureListing pictures(const std::string& split, const std::string& class_name) const = 0;
  // Whether pictures may have several classes, or none: what the methods above call a class is then a set of them
  // (formats/label_set.h).
  virtual bool has_label_sets() const { return false; }

  // What messages call the source, a split of it, and the place of a class in it.
  virtual std::string name() const = 0;
  virtual std::string describe_split(const std::string& split) const = 0;
  virtual std::string describe_class(const std::string& split, const std::string& class_name) const = 0;

  // How the layout was read, where that might surprise; one line for people, else empty.
  virtual std::string note() const { return {}; }

  // The folder that the items' names are relative to; empty where pictures are no files of their own.
  virtual std::filesystem::path root() const { return {}; }
  // For messages; the file itself where the picture is one.
  virtual std::string path(const PictureItem& item) const = 0;
  // The picture, its mask where there is one, and its path; the label is the caller's. Throws InputError.
  virtual Sample read(const PictureItem& item) const = 0;
  // Whether reading costs no decoding, so that keeping samples in memory would gain nothing.
  virtual bool is_decoded() const { return false; }
};

struct SourceOptions {
  DecodeOptions decode = {};
  std::filesystem::path root = {};  // of a manifest's paths; empty: the folder that the manifest lies in
};

// Opens `path` as what it is: a folder, a CSV manifest (by its name, *.csv or *.tsv), packed data or a tar or zip
// archive (by their content). Throws ConfigError where it is nothing of these, cannot be read or has no usable layout.
std::shared_ptr<const PictureSource> open_picture_source(const std::filesystem::path& path,
                                                         const SourceOptions& options = {});

}  // namespace multipole
