// Archives read in place: any order of reading, hostile names, damage, sizes.
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "datasets/pictures/image_encode.h"
#include "datasets/sources/archive_index.h"
#include "datasets/sources/archive_kind.h"
#include "datasets/sources/labelled_pictures.h"
#include "tests/datasets/image_fixtures.h"
#include "tests/datasets/sources/archive_fixtures.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::Bytes;
using Names = std::vector<std::string>;

const Names kFormats = {"tar", "gnutar", "ustar", "zip", "zip stored"};

Bytes random_bytes(int64_t size) {
  Bytes bytes(size);
  for (auto& byte : bytes) byte = static_cast<uint8_t>(test::random_int(0, 255));
  return bytes;
}

std::string refusal(const Bytes& archive) {
  try {
    index_archive(archive, "x.tar");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(Archive, EveryEntryCanBeReadInAnyOrder) {
  for (const auto& format : kFormats) {
    test::ArchiveFiles files;
    for (int i = 0; i < 40; ++i) {
      const std::string name = "f/" + std::to_string(i) + (format == "ustar" ? "" : std::string(120, 'n')) + ".png";
      files.emplace_back(name, random_bytes(test::random_int(0, 3) == 0 ? 0 : test::random_int(1, 5000)));
    }
    files.emplace_back("f/\xc3\xa4 sp\nace.png", random_bytes(700));
    const Bytes archive = test::make_archive(format, files);
    ASSERT_TRUE(is_archive(archive)) << format;
    auto entries = index_archive(archive, "x");
    ASSERT_EQ(entries.size(), files.size()) << format;
    EXPECT_TRUE(
        std::is_sorted(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; }));
    std::map<std::string, Bytes> wanted(files.begin(), files.end());
    std::shuffle(entries.begin(), entries.end(), test::random_source());
    for (const auto& entry : entries) {
      EXPECT_EQ(read_archive_entry(archive, entry, entry.name, 1 << 20), wanted.at(entry.name))
          << format << " " << entry.name;
    }
  }
}

TEST(Archive, NamesThatLeadElsewhereAreRefused) {
  for (const auto& format : kFormats) {
    for (const std::string name : {"../x.png", "a/../../x.png", "a/../x.png", "/etc/x.png"}) {
      const std::string text = refusal(test::make_archive(format, {{"a/ok.png", {1}}, {name, {2}}}));
      EXPECT_NE(text.find("'" + name + "'"), std::string::npos) << format << " " << name << ": " << text;
    }
    const std::string twice =
        refusal(test::make_archive(format, {{"a/1.png", {1}}, {"b/1.png", {2}}, {"a/1.png", {3}}}));
    EXPECT_NE(twice.find("'a/1.png' is in the archive twice"), std::string::npos) << format << twice;
  }
}

TEST(Archive, CompressedTarsSayWhatToDo) {
  EXPECT_NE(refusal({0x1f, 0x8b, 8, 0}).find("gzip"), std::string::npos);
  EXPECT_NE(refusal({0x1f, 0x8b, 8, 0}).find("decompress it to a plain tar, or use zip"), std::string::npos);
}

TEST(Archive, TruncationIsNoticedAndLargeEntriesAreNotRead) {
  for (const auto& format : kFormats) {
    const Bytes archive =
        test::make_archive(format, {{"a/1.png", random_bytes(3000)}, {"a/2.png", random_bytes(3000)}});
    const auto entries = index_archive(archive, "x");
    EXPECT_THROW(read_archive_entry(archive, entries[1], "x:a/2.png", 2999), InputError) << format;
    for (const size_t size : {archive.size() / 4, archive.size() / 2}) {
      const Bytes cut(archive.begin(), archive.begin() + static_cast<ptrdiff_t>(size));
      bool noticed = !refusal(cut).empty();
      if (!noticed) {
        for (const auto& entry : index_archive(cut, "x")) {
          try {
            read_archive_entry(cut, entry, "x", 1 << 20);
          } catch (const InputError&) {
            noticed = true;
          }
        }
      }
      EXPECT_TRUE(noticed) << format << " cut to " << size;
    }
  }
}

TEST(Archive, ZipsCrcIsChecked) {
  Bytes archive = test::make_archive("zip stored", {{"a/1.png", random_bytes(3000)}});
  const auto entries = index_archive(archive, "x");
  archive[1500] ^= 1;
  EXPECT_THROW(read_archive_entry(archive, entries[0], "x:a/1.png", 1 << 20), InputError);
}

TEST(Archive, RandomDamageIsHandled) {
  for (const auto& format : kFormats) {
    const Bytes whole = test::make_archive(format, {{"a/1.png", random_bytes(300)}, {"b/2.png", random_bytes(200)}});
    int num_refused = 0;
    for (int round = 0; round < 300; ++round) {
      Bytes broken = whole;
      for (int64_t i = test::random_int(1, 6); i > 0; --i) {
        broken[test::random_int(0, static_cast<int64_t>(broken.size()) - 1)] =
            static_cast<uint8_t>(test::random_int(0, 255));
      }
      try {
        for (const auto& entry : index_archive(broken, "x")) read_archive_entry(broken, entry, "x", 1 << 16);
      } catch (const ConfigError&) {
        ++num_refused;
      } catch (const InputError&) {
        ++num_refused;
      }
    }
    EXPECT_GT(num_refused, 0) << "damage to what describes the files is told";
  }
}

TEST(Archive, IsADataSetLikeItsFolder) {
  const test::TemporaryFolder folder;
  test::ArchiveFiles files;
  for (const std::string split : {"train", "val"}) {
    for (const std::string name : {"cat", "dog"}) {
      for (int i = 0; i < 3; ++i) {
        const Bytes png = encode_png(torch::randint(0, 256, {5, 6, 3}, torch::kUInt8));
        const std::string path = split + "/" + name + "/" + std::to_string(i) + ".png";
        folder.write("set/" + path, png);
        files.emplace_back("photos/" + path, png);
        files.emplace_back("__MACOSX/photos/" + path, Bytes{1});
      }
    }
  }
  files.emplace_back("photos/train/cat/.hidden.png", Bytes{1});
  files.emplace_back("photos/train/cat/notes.txt", Bytes{1});
  for (const auto& format : kFormats) {
    const auto path = folder.write("set.archive", test::make_archive(format, files));
    for (const std::string split : {"train", "val"}) {
      const LabelledPictures archive(path, {.split = split}), plain(folder.path() / "set", {.split = split});
      ASSERT_EQ(archive.size(), plain.size()) << format;
      EXPECT_EQ(archive.class_names(), plain.class_names());
      for (int64_t i = 0; i < plain.size(); ++i) {
        EXPECT_EQ(archive.name(i), plain.name(i));
        EXPECT_EQ(archive.label(i), plain.label(i));
        EXPECT_TRUE(torch::equal(archive.get(i).image, plain.get(i).image));
      }
    }
    EXPECT_NE(LabelledPictures(path, {}).description().find("1 other files left out"), std::string::npos);
  }
}

}  // namespace
}  // namespace multipole
