// Which file of a folder is the mask of which picture. The folder mirrors that of the pictures: the mask of deep/a.jpg
// lies in deep/ and is called
//
//   a.png, a.tif or a.tiff       class ids
//   a.geojson or a.gpkg          polygons, which are drawn
//   a_mask.png and so on         where there is none of these: also _label, _labels, _seg and _gt, and - or . for _
//
// with extensions and such endings in any case of letters.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "datasets/layouts/layout.h"

namespace multipole {

// Whether the file holds polygons by its name.
bool has_polygon_extension(const std::filesystem::path& path);

class MaskFolder {
 public:
  // Lists the folder. Throws ConfigError where it cannot be listed.
  explicit MaskFolder(const std::filesystem::path& root);

  // Of the picture `relative` to the folder of pictures; empty where there is none. Throws ConfigError where several
  // files could be it, or where there is but one of a kind that keeps no class ids, such as a JPEG.
  std::filesystem::path mask_of(const std::filesystem::path& relative) const;
  // Where the mask is missed, in words.
  std::string missing_place(const std::filesystem::path& relative) const;

 private:
  using Files = std::vector<std::filesystem::path>;
  const Files* find(const std::map<std::filesystem::path, Files>& files, const std::filesystem::path& relative) const;

  std::filesystem::path root_;
  std::map<std::filesystem::path, Files> masks_;   // by place without extension
  std::map<std::filesystem::path, Files> others_;  // pictures that can be no masks
};

}  // namespace multipole
