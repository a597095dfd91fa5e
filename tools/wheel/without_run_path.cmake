# cmake -D FILE=... -P without_run_path.cmake: takes the paths of the build machine out of a library.
file(RPATH_REMOVE FILE "${FILE}")
