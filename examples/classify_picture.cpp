#include <multipole/engine/files/model_file.h>

#include <iostream>

int main(int, char** argv) {
  const auto file = multipole::read_model_metadata(argv[1]);
  std::cout << file.task << "\n";
}
