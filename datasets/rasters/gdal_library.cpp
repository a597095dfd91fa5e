#include "datasets/rasters/gdal_library.h"

#include <dlfcn.h>

namespace multipole {
namespace {

GdalLibrary load_gdal() {
  GdalLibrary gdal;
  void* const library = ::dlopen(MULTIPOLE_GDAL_LIBRARY, RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) {
    gdal.missing = ::dlerror();
    return gdal;
  }
  const auto find = [&](auto& function, const char* name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, name));
    if (function == nullptr) gdal.missing = std::string(MULTIPOLE_GDAL_LIBRARY) + " has no " + name;
  };
  find(gdal.register_all, "GDALAllRegister");
  find(gdal.identify, "GDALIdentifyDriverEx");
  find(gdal.open, "GDALOpenEx");
  find(gdal.close, "GDALClose");
  find(gdal.width, "GDALGetRasterXSize");
  find(gdal.height, "GDALGetRasterYSize");
  find(gdal.band_count, "GDALGetRasterCount");
  find(gdal.band, "GDALGetRasterBand");
  find(gdal.type, "GDALGetRasterDataType");
  find(gdal.type_name, "GDALGetDataTypeName");
  find(gdal.color, "GDALGetRasterColorInterpretation");
  find(gdal.nodata, "GDALGetRasterNoDataValue");
  find(gdal.mask_flags, "GDALGetMaskFlags");
  find(gdal.mask, "GDALGetMaskBand");
  find(gdal.read, "GDALRasterIO");
  find(gdal.driver, "GDALGetDriverByName");
  find(gdal.create, "GDALCreate");
  find(gdal.projection, "GDALGetProjectionRef");
  find(gdal.set_projection, "GDALSetProjection");
  find(gdal.transform, "GDALGetGeoTransform");
  find(gdal.set_transform, "GDALSetGeoTransform");
  find(gdal.push_errors, "CPLPushErrorHandler");
  find(gdal.pop_errors, "CPLPopErrorHandler");
  find(gdal.quiet, "CPLQuietErrorHandler");
  find(gdal.last_error, "CPLGetLastErrorMsg");
  find(gdal.reset_error, "CPLErrorReset");
  find(gdal.memory_file, "VSIGetMemFileBuffer");
  find(gdal.unlink, "VSIUnlink");
  find(gdal.free, "VSIFree");
  if (gdal.missing.empty()) gdal.register_all();
  return gdal;
}

}  // namespace

const GdalLibrary& gdal_library() {
  static const GdalLibrary gdal = load_gdal();
  return gdal;
}

}  // namespace multipole
