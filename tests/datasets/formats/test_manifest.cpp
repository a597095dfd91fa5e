// CSV manifests: what is read, and what is refused with its line.
#include <gtest/gtest.h>

#include "base/error.h"
#include "datasets/formats/manifest.h"

namespace multipole {
namespace {

Manifest parse(const std::string& text) { return parse_manifest(text, "m.csv", "/data/set"); }

std::string manifest_refusal(const std::string& text) {
  try {
    parse(text);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(Manifest, RowsAsTheyStand) {
  const Manifest manifest = parse(
      "\xef\xbb\xbfsplit,note,path,label\r\n"
      "train,,./a/../b/1.png,cat\r\n"
      "val,x,\"odd, \"\"name\"\".png\",\"dog\"\r\n"
      "val,,/data/set/c/2.png,cat\r\n");
  EXPECT_TRUE(manifest.has_splits);
  ASSERT_EQ(manifest.rows.size(), 3u);
  EXPECT_EQ(manifest.rows[0].path, "b/1.png");
  EXPECT_EQ(manifest.rows[0].split, "train");
  EXPECT_EQ(manifest.rows[1].path, "odd, \"name\".png");
  EXPECT_EQ(manifest.rows[1].label, "dog");
  EXPECT_EQ(manifest.rows[1].line, 3);
  EXPECT_EQ(manifest.rows[2].path, "c/2.png") << "absolute, but below the root";
  EXPECT_FALSE(parse("path,label\na.png,cat\n").has_splits);
}

TEST(Manifest, RefusalsNameTheLine) {
  const std::string head = "path,label,split\na.png,cat,train\n";
  EXPECT_NE(manifest_refusal("path,class\na.png,cat\n").find("m.csv line 1: no column 'label'"), std::string::npos);
  EXPECT_NE(manifest_refusal("path,class\na.png,cat\n").find("found: path, class"), std::string::npos);
  EXPECT_NE(manifest_refusal("\npath,label,label\n").find("m.csv line 2: the column 'label' is there twice"),
            std::string::npos);
  EXPECT_NE(manifest_refusal(head + "x/../../b.png,cat,train\n").find("line 3"), std::string::npos);
  EXPECT_NE(manifest_refusal(head + "/pictures/,cat,train\n").find("line 3: '/pictures/' names no file"),
            std::string::npos);
  EXPECT_NE(manifest_refusal(head + "\n./x/../a.png,dog,val\n").find("line 4: 'a.png' is already in line 2"),
            std::string::npos);
  EXPECT_NE(manifest_refusal(head + ",cat,train\n").find("line 3: an empty path"), std::string::npos);
  EXPECT_NE(manifest_refusal(head + "b.png,,train\n").find("line 3: an empty label"), std::string::npos);
  EXPECT_NE(manifest_refusal(head + "b.png,cat,\n").find("line 3: an empty split"), std::string::npos);
  EXPECT_NE(manifest_refusal(head + "b/,cat,train\n").find("line 3: 'b/' names no file"), std::string::npos);
  EXPECT_NE(manifest_refusal(head + "b.png,cat\n").find("line 3: 2 fields"), std::string::npos);
  EXPECT_NE(manifest_refusal("").find("m.csv: empty"), std::string::npos);
  EXPECT_NE(manifest_refusal("path,label\n").find("no rows"), std::string::npos);
}

TEST(Manifest, AbsolutePathsMayLeadAnywhere) {
  const Manifest manifest = parse("path,label\n/data/settle/./b.png,cat\n/data/set/c.png,cat\n");
  EXPECT_EQ(manifest.rows[0].path, "/data/settle/b.png");
  EXPECT_EQ(manifest.rows[1].path, "c.png");
  EXPECT_NE(
      manifest_refusal("path,label\nc.png,cat\n/data/set/c.png,cat\n").find("line 3: 'c.png' is already in line 2"),
      std::string::npos);
}

TEST(Manifest, HeadersAndDelimitersOfSpreadsheets) {
  for (const char* const text :
       {"Path;Label;SPLIT\na.png;cat, wild;train\n", "PATH\tlabel\tSplit\r\na.png\tcat, wild\ttrain",
        "\xef\xbb\xbf\"Path\";\"Label\";\"Split\"\r\na.png;\"cat, wild\";train\r\n"}) {
    const Manifest manifest = parse(text);
    ASSERT_EQ(manifest.rows.size(), 1u) << text;
    EXPECT_EQ(manifest.rows[0].label, "cat, wild") << text;
    EXPECT_EQ(manifest.rows[0].split, "train") << text;
  }
  EXPECT_EQ(parse("path;labels\na.png;\"dog;cat\"\n").rows[0].label, "cat;dog");
  const std::string unquoted = manifest_refusal("path;labels\na.png;dog;cat\n");
  EXPECT_NE(unquoted.find("line 2: 3 fields, but the first line has 2; they are separated by ';'"), std::string::npos)
      << unquoted;
  EXPECT_NE(manifest_refusal("Path,path,label\n").find("the column 'path' is there twice"), std::string::npos);
  EXPECT_NE(manifest_refusal(std::string("\xff\xfep\0a\0", 6)).find("UTF-16"), std::string::npos);
}

TEST(Manifest, LabelsAreSetsAndALabelIsAName) {
  const Manifest sets = parse("path,labels\na.png,dog; cat;dog\nb.png,\nc.png,\"fox, red\"\n");
  EXPECT_TRUE(sets.has_label_sets);
  EXPECT_EQ(sets.rows[0].label, "cat;dog");
  EXPECT_EQ(sets.rows[1].label, "");
  EXPECT_EQ(sets.rows[2].label, "fox, red");
  const Manifest read = parse(format_manifest(sets));
  EXPECT_TRUE(read.has_label_sets);
  EXPECT_EQ(read.rows[1].label, "");

  const Manifest names = parse("path,label\na.png,dog; cat\n");
  EXPECT_FALSE(names.has_label_sets);
  EXPECT_EQ(names.rows[0].label, "dog; cat") << "one class, as it stands";
  EXPECT_NE(manifest_refusal("path,labels\na.png,cat\nb.png,cat;;dog\n")
                .find("m.csv line 3: an empty class name in 'cat;;dog'"),
            std::string::npos);
  EXPECT_NE(manifest_refusal("path,label,labels\na.png,cat,cat\n").find("line 1: both a column 'label' and"),
            std::string::npos);
  EXPECT_NE(manifest_refusal("path,labels,labels\na.png,cat,cat\n").find("'labels' is there twice"), std::string::npos);
}

TEST(Manifest, WhatIsWrittenReadsBack) {
  Manifest manifest;
  manifest.has_splits = true;
  manifest.rows = {{"a, b.png", "c\"d", "train", 0}, {"n\xff\n.png", "e", "val", 0}};
  const Manifest read = parse(format_manifest(manifest));
  ASSERT_EQ(read.rows.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(read.rows[i].path, manifest.rows[i].path);
    EXPECT_EQ(read.rows[i].label, manifest.rows[i].label);
    EXPECT_EQ(read.rows[i].split, manifest.rows[i].split);
  }
}

}  // namespace
}  // namespace multipole
