#include <gtest/gtest.h>

#include "apps/classify/prediction_writer.h"
#include "base/error.h"
#include "base/json_text.h"

namespace multipole {
namespace {

const std::vector<ClassPrediction> kPredictions = {{"cat", 3, 0.87345678}, {"dog, small", 5, 0.12}};

TEST(PredictionWriter, Text) {
  EXPECT_EQ(format_predictions(PredictionFormat::kText, "a\xff.jpg", kPredictions),
            "a\xff.jpg: cat 87.3%, dog, small 12.0%\n");
  EXPECT_EQ(format_failure(PredictionFormat::kText, "a.jpg", "no\nimage"), "a.jpg: error: no image\n");
}

TEST(PredictionWriter, Json) {
  const std::string line = format_predictions(PredictionFormat::kJson, "a\xff.jpg", kPredictions);
  EXPECT_NE(line.find(R"({"path":"a\udcff.jpg",)"), std::string::npos) << line;
  const Json json = parse_json_text(line, "line");
  EXPECT_EQ(json["path"], "a\xff.jpg");
  EXPECT_FALSE(json.contains("notes"));
  EXPECT_EQ(json["predictions"][1]["class"], "dog, small");
  EXPECT_EQ(json["predictions"][0]["index"], 3);
  EXPECT_EQ(json["predictions"][0]["probability"].dump(), "0.873457");
  const std::string noted = format_predictions(PredictionFormat::kJson, "a.jpg", kPredictions, {"first of two"});
  EXPECT_EQ(parse_json(noted, "line")["notes"], Json::array({"first of two"}));
  EXPECT_EQ(format_failure(PredictionFormat::kJson, "a.jpg", "why"), "{\"path\":\"a.jpg\",\"error\":\"why\"}\n");
}

TEST(PredictionWriter, Csv) {
  EXPECT_EQ(prediction_header(PredictionFormat::kCsv) +
                format_predictions(PredictionFormat::kCsv, "a.jpg", kPredictions) +
                format_failure(PredictionFormat::kCsv, "b,c.jpg", "why"),
            "path,rank,class,index,probability,error\n"
            "a.jpg,1,cat,3,0.873457,\n"
            "a.jpg,2,\"dog, small\",5,0.120000,\n"
            "\"b,c.jpg\",,,,,why\n");
}

TEST(PredictionWriter, Rejection) {
  EXPECT_EQ(format_rejection(PredictionFormat::kText, "a.jpg", kPredictions),
            "a.jpg: unknown (cat 87.3%, dog, small 12.0%)\n");
  EXPECT_EQ(format_rejection(PredictionFormat::kJson, "a.jpg", {kPredictions[1]}),
            "{\"path\":\"a.jpg\",\"predictions\":[],\"rejected\":[{\"class\":\"dog, small\",\"index\":5,"
            "\"probability\":0.12}]}\n");
  EXPECT_EQ(format_rejection(PredictionFormat::kCsv, "a,b.jpg", kPredictions), "\"a,b.jpg\",,unknown,,0.873457,\n");
}

TEST(PredictionWriter, FormatNames) {
  EXPECT_EQ(prediction_format("csv"), PredictionFormat::kCsv);
  EXPECT_THROW(prediction_format("xml"), ConfigError);
}

}  // namespace
}  // namespace multipole
