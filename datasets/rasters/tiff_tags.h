// Tags that libtiff does not know by itself. It gives them as a count and values of the type in the file, until a
// library in the process declares them its own way, as GDAL does for all files: then the count may have 16 bits, and
// text none.
#pragma once

#include <tiffio.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace multipole {

// Empty where the open page has no such tag, or one of another type.
template <class T>
std::vector<T> tiff_values(TIFF* tiff, uint32_t tag, TIFFDataType type) {
  const TIFFField* const field = TIFFFindField(tiff, tag, TIFF_ANY);
  if (field == nullptr || TIFFFieldDataType(field) != type || TIFFFieldPassCount(field) == 0) return {};
  const T* values = nullptr;
  if (TIFFFieldReadCount(field) == TIFF_VARIABLE2) {
    uint32_t count = 0;
    if (TIFFGetField(tiff, tag, &count, &values) != 1) return {};
    return {values, values + count};
  }
  uint16_t count = 0;
  if (TIFFGetField(tiff, tag, &count, &values) != 1) return {};
  return {values, values + count};
}

// Up to its first NUL.
inline std::string tiff_text(TIFF* tiff, uint32_t tag) {
  const TIFFField* const field = TIFFFindField(tiff, tag, TIFF_ANY);
  if (field != nullptr && TIFFFieldDataType(field) == TIFF_ASCII && TIFFFieldPassCount(field) == 0) {
    const char* text = nullptr;
    return TIFFGetField(tiff, tag, &text) == 1 && text != nullptr ? text : "";
  }
  const auto text = tiff_values<char>(tiff, tag, TIFF_ASCII);
  return {text.begin(), std::find(text.begin(), text.end(), '\0')};
}

// To declare such a tag before it is written.
inline TIFFFieldInfo tiff_tag(uint32_t tag, TIFFDataType type, const char* name) {
  const bool is_text = type == TIFF_ASCII;
  return {tag,          -1, static_cast<short>(is_text ? -1 : TIFF_VARIABLE2), type,
          FIELD_CUSTOM, 1,  static_cast<unsigned char>(is_text ? 0 : 1),       const_cast<char*>(name)};
}

}  // namespace multipole
