# Leaflet (Debian's libjs-leaflet), which draws `segment predict --view` in a browser. The build does without it: the
# command looks for it when it is asked for a view, first where `cmake --install` put it, then here.
find_path(MULTIPOLE_LEAFLET_FOLDER leaflet.min.js PATHS /usr/share/javascript/leaflet NO_DEFAULT_PATH
  DOC "Folder with leaflet.min.js and leaflet.css")
if(NOT MULTIPOLE_LEAFLET_FOLDER)
  message(STATUS "Leaflet not found: 'segment predict --view' will ask for the package libjs-leaflet")
  set(MULTIPOLE_LEAFLET_FOLDER /usr/share/javascript/leaflet)
endif()
set(MULTIPOLE_LEAFLET_COPYRIGHT /usr/share/doc/libjs-leaflet/copyright CACHE FILEPATH
  "Leaflet's licence, copied beside it where it is there")
