// Names what pictures show: classify_picture MODEL PICTURE...
#include <multipole/classifier.h>

#include <exception>
#include <filesystem>
#include <iostream>
#include <vector>

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: classify_picture MODEL PICTURE...\n";
    return 2;
  }
  try {
    const multipole::Classifier classifier(argv[1]);
    const std::vector<std::filesystem::path> pictures(argv + 2, argv + argc);
    const auto answers = classifier.predict(pictures, {.top_k = 3});
    for (size_t i = 0; i < answers.size(); ++i) {
      std::cout << pictures[i].string() << ":" << (answers[i].error.empty() ? "" : " error: ") << answers[i].error;
      for (const auto& prediction : answers[i].predictions) {
        std::cout << " " << prediction.name << " " << prediction.probability;
      }
      std::cout << "\n";
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
