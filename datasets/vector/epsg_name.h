// Names of coordinate systems as files give them.
#pragma once

#include <string>

namespace multipole {

// "EPSG:25832", "urn:ogc:def:crs:EPSG::25832", "http://www.opengis.net/def/crs/EPSG/0/25832" -> 25832; CRS84 in such
// forms -> 4326, which files order alike. 0 for any other name.
int epsg_of_name(const std::string& name);

}  // namespace multipole
