// GDAL's C interface, loaded when a file first needs it: linked to the program, its hundred libraries would be loaded
// at every start.
#pragma once

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_vsi.h>
#include <gdal.h>

#include <string>

namespace multipole {

struct GdalLibrary {
  decltype(&GDALAllRegister) register_all = nullptr;
  decltype(&GDALIdentifyDriverEx) identify = nullptr;
  decltype(&GDALOpenEx) open = nullptr;
  decltype(&GDALClose) close = nullptr;
  decltype(&GDALGetRasterXSize) width = nullptr;
  decltype(&GDALGetRasterYSize) height = nullptr;
  decltype(&GDALGetRasterCount) band_count = nullptr;
  decltype(&GDALGetRasterBand) band = nullptr;
  decltype(&GDALGetRasterDataType) type = nullptr;
  decltype(&GDALGetDataTypeName) type_name = nullptr;
  decltype(&GDALGetRasterColorInterpretation) color = nullptr;
  decltype(&GDALGetRasterNoDataValue) nodata = nullptr;
  decltype(&GDALGetMaskFlags) mask_flags = nullptr;
  decltype(&GDALGetMaskBand) mask = nullptr;
  decltype(&GDALRasterIO) read = nullptr;
  decltype(&GDALGetDriverByName) driver = nullptr;
  decltype(&GDALCreate) create = nullptr;
  decltype(&GDALGetProjectionRef) projection = nullptr;
  decltype(&GDALSetProjection) set_projection = nullptr;
  decltype(&GDALGetGeoTransform) transform = nullptr;
  decltype(&GDALSetGeoTransform) set_transform = nullptr;
  decltype(&CPLPushErrorHandler) push_errors = nullptr;
  decltype(&CPLPopErrorHandler) pop_errors = nullptr;
  decltype(&CPLQuietErrorHandler) quiet = nullptr;
  decltype(&CPLGetLastErrorMsg) last_error = nullptr;
  decltype(&CPLErrorReset) reset_error = nullptr;
  decltype(&VSIGetMemFileBuffer) memory_file = nullptr;
  decltype(&VSIUnlink) unlink = nullptr;
  decltype(&VSIFree) free = nullptr;

  std::string missing;  // why it cannot be loaded; empty where it is
};

// Loaded once, with all its formats known.
const GdalLibrary& gdal_library();

}  // namespace multipole
