// RFC 4180, and what is refused with its line.
#include <gtest/gtest.h>

#include "base/error.h"
#include "datasets/formats/csv.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using Fields = std::vector<std::string>;

std::vector<Fields> fields_of(const std::string& text) {
  std::vector<Fields> out;
  for (const auto& row : parse_csv(text, "t.csv")) out.push_back(row.fields);
  return out;
}

std::string refusal(const std::string& text) {
  try {
    parse_csv(text, "t.csv");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(Csv, FieldsAndLines) {
  EXPECT_EQ(fields_of("a,b\nc,d\n"), (std::vector<Fields>{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(fields_of("a,b\r\nc,d"), (std::vector<Fields>{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(fields_of("\xef\xbb\xbf"
                      "a\n"),
            (std::vector<Fields>{{"a"}}))
      << "byte-order mark";
  EXPECT_EQ(fields_of("\n\na,\n\r\n,b\n\n"), (std::vector<Fields>{{"a", ""}, {"", "b"}})) << "empty lines";
  EXPECT_EQ(fields_of("\"a,\"\"b\"\"\",\"c\r\nd\"\n\"\",x"), (std::vector<Fields>{{"a,\"b\"", "c\r\nd"}, {"", "x"}}));
  EXPECT_EQ(fields_of("n\xff\xfe, spaced \n"), (std::vector<Fields>{{"n\xff\xfe", " spaced "}})) << "bytes are kept";
  EXPECT_TRUE(fields_of("").empty());
  const auto rows = parse_csv("a\n\"b\nb\"\n\nc\n", "t.csv");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[1].line, 2);
  EXPECT_EQ(rows[2].line, 5) << "line ends inside quotes count";
}

TEST(Csv, TheFirstLineTellsTheDelimiter) {
  EXPECT_EQ(csv_delimiter("a,b\nc;d;e\n"), ',');
  EXPECT_EQ(csv_delimiter("\n\r\na;b\n"), ';');
  EXPECT_EQ(csv_delimiter("\xef\xbb\xbf\"a,,,\";b"), ';') << "quoted ones do not count";
  EXPECT_EQ(csv_delimiter("a\tb\tc, d"), '\t');
  EXPECT_EQ(csv_delimiter("a;b,c"), ',');
  EXPECT_EQ(csv_delimiter("a"), ',');
  EXPECT_EQ(csv_delimiter(""), ',');
  const auto rows = parse_csv("a;b\n\"x;y\";c,d\n", "t.csv", ';');
  EXPECT_EQ(rows[1].fields, (Fields{"x;y", "c,d"}));
}

TEST(Csv, WhatIsRefusedNamesItsLine) {
  EXPECT_NE(refusal("a,b\nc\n").find("t.csv line 2: 1 fields, but the first line has 2"), std::string::npos);
  EXPECT_NE(refusal("a\n\"b\nc").find("t.csv line 2: a quote that is never closed"), std::string::npos);
  EXPECT_NE(refusal("a\n\"b\"c\n").find("line 2: text behind the closing quote"), std::string::npos);
  EXPECT_NE(refusal("a\nb\"c\n").find("line 2: a quote inside a field"), std::string::npos);
  EXPECT_NE(refusal("a\nb\rc\n").find("line 2: a carriage return"), std::string::npos);
  EXPECT_NE(refusal(std::string("a\nb\0c\n", 6)).find("line 2: a NUL byte"), std::string::npos);
  EXPECT_NE(refusal(std::string("a\n\"b\0c\"\n", 8)).find("line 2: a NUL byte"), std::string::npos);
}

TEST(Csv, WhatIsWrittenReadsBack) {
  EXPECT_EQ(csv_field("plain name.jpg"), "plain name.jpg");
  EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_field("say \"hi\"\n"), "\"say \"\"hi\"\"\n\"");
  const std::string alphabet = "ab,\"\n\r \xc3\xa4";
  for (int round = 0; round < 200; ++round) {
    // a row of one empty field would be an empty line
    Fields fields(test::random_int(1, 4), "x");
    std::string text;
    for (auto& field : fields) {
      for (int64_t i = test::random_int(0, 6); i > 0; --i) field += alphabet[test::random_int(0, 8)];
      text.append(text.empty() ? "" : ",").append(csv_field(field));
    }
    EXPECT_EQ(fields_of(text + "\n"), std::vector<Fields>{fields}) << text;
  }
}

}  // namespace
}  // namespace multipole
