#include <gtest/gtest.h>

#include <sstream>

#include "apps/arguments/input_list.h"
#include "base/error.h"
#include "tests/support/temporary_folder.h"

namespace multipole {
namespace {

using test::write_text;

class InputList : public ::testing::Test {
 protected:
  InputList() {
    std::filesystem::create_directories(folder_ / "photos" / "deep");
    std::filesystem::create_directories(folder_ / "empty");
    for (const char* name : {"b.png", "B.JPG", "a10.jpg", "a2.jpg", "notes.txt", "deep/c.jpeg", "[odd].png"}) {
      write_text(folder_.path() / "photos" / name, "x");
    }
    write_text(folder_ / "empty" / "notes.txt", "x");
  }

  // File names of what the arguments stand for, arguments relative to the folder.
  std::vector<std::string> names(std::vector<std::string> arguments, const std::string& list = "") {
    for (auto& argument : arguments) {
      if (argument != "-") argument = (folder_ / argument).string();
    }
    std::istringstream input(list);
    std::vector<std::string> found;
    for (const auto& path : list_inputs(arguments, input)) found.push_back(path.filename().string());
    return found;
  }

  std::string list_error_of(const std::vector<std::string>& arguments, const std::string& list = "") {
    try {
      names(arguments, list);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "no error";
  }

  test::TemporaryFolder folder_;
};

using Names = std::vector<std::string>;

TEST_F(InputList, FoldersAtAnyDepthInByteOrder) {
  EXPECT_EQ(names({"photos"}), (Names{"B.JPG", "[odd].png", "a10.jpg", "a2.jpg", "b.png", "c.jpeg"}));
}

TEST_F(InputList, ArgumentsKeepTheirOrder) {
  EXPECT_EQ(names({"photos/b.png", "photos/a2.jpg", "photos/b.png"}), (Names{"b.png", "a2.jpg", "b.png"}));
}

TEST_F(InputList, Globs) {
  EXPECT_EQ(names({"photos/a*.jpg"}), (Names{"a10.jpg", "a2.jpg"}));
  EXPECT_EQ(names({"photos/*e*"}), (Names{"c.jpeg", "notes.txt"}));
  EXPECT_EQ(names({"photos/[odd].png"}), (Names{"[odd].png"}));
}

TEST_F(InputList, StandardInput) {
  EXPECT_EQ(names({"-", "photos/b.png"}, "one\r\n\n two \nthree"), (Names{"one", " two ", "three", "b.png"}));
}

TEST_F(InputList, ListsAreNotOpenedYet) {
  EXPECT_EQ(names({"photos/b.png", "photos/absent.png"}), (Names{"b.png", "absent.png"}));
  EXPECT_EQ(names({"photos/notes.txt"}), (Names{"notes.txt"}));
}

TEST_F(InputList, NothingToDoSaysWhatWasSearched) {
  EXPECT_NE(list_error_of({"empty"}).find("1 other file"), std::string::npos);
  EXPECT_NE(list_error_of({"empty"}).find(".jpg"), std::string::npos);
  EXPECT_NE(list_error_of({"photos/*.tiff"}).find("nothing matches"), std::string::npos);
  EXPECT_NE(list_error_of({"emp*"}).find("only folders without pictures"), std::string::npos);
  EXPECT_NE(list_error_of({"-"}, "\n\n").find("standard input"), std::string::npos);
  EXPECT_NE(list_error_of({"absent.png"}).find("No such file"), std::string::npos);
  EXPECT_NE(list_error_of({"/dev/null"}).find("cannot read /dev/null: not a regular file"), std::string::npos)
      << "the only input, and not one of many";
  EXPECT_NE(list_error_of({}).find("no input"), std::string::npos);
}

}  // namespace
}  // namespace multipole
