// What goes wrong with one picture of several, apart from what goes wrong with all.
#pragma once

#include <exception>

namespace multipole {

// False for an error that would meet the next picture, too: of the options, of the model file, of the disk. All others
// are the picture's own, those of the program itself included.
bool is_own_failure(const std::exception& error);

}  // namespace multipole
