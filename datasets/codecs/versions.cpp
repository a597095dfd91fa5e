#include <archive.h>
#include <gif_lib.h>
#include <jpeglib.h>
#include <png.h>
#include <tiffio.h>
#include <webp/decode.h>

#include <cstdio>  // jpeglib.h needs FILE
#include <sstream>

#include "datasets/codecs/codec_versions.h"

namespace multipole {

namespace {

#define MULTIPOLE_TEXT_OF(x) #x
#define MULTIPOLE_TEXT(x) MULTIPOLE_TEXT_OF(x)

std::string dotted(int major, int minor, int patch) {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

// "LIBTIFF, Version 4.5.0" and a copyright below.
std::string tiff_version() {
  std::istringstream text(TIFFGetVersion());
  std::string word, last;
  for (int i = 0; i < 3 && text >> word; ++i) last = word;
  return last;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> codec_versions() {
  const int webp = WebPGetDecoderVersion(), archive = archive_version_number();
  return {{"jpeg", MULTIPOLE_TEXT(LIBJPEG_TURBO_VERSION)},
          {"png", png_get_libpng_ver(nullptr)},
          {"tiff", tiff_version()},
          {"webp", dotted(webp >> 16, webp >> 8 & 0xff, webp & 0xff)},
          {"gif", dotted(GIFLIB_MAJOR, GIFLIB_MINOR, GIFLIB_RELEASE)},
          {"archive", dotted(archive / 1'000'000, archive / 1000 % 1000, archive % 1000)}};
}

}  // namespace multipole
