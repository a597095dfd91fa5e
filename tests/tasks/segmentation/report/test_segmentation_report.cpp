#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "datasets/masks/labelled_picture.h"
#include "tasks/comparison/comparison.h"
#include "tasks/segmentation/report/segmentation_html.h"
#include "tasks/segmentation/report/segmentation_report.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

const std::vector<std::string> kNames = {"sky", "road & kerb", "car"};

// Pictures of one size whose masks are `masks` (B, H, W).
Batch batch_of(const torch::Tensor& masks, int64_t first_index) {
  Batch batch;
  batch.masks = masks;
  for (int64_t i = 0; i < masks.size(0); ++i) {
    batch.indices.push_back(first_index + i);
    batch.paths.push_back("folder/<" + std::to_string(first_index + i) + ">.png");
  }
  return batch;
}

TEST(WorstPictures, AreTheWorstInOrderWhateverTheBatches) {
  constexpr int64_t kPictures = 23, kKept = 5;
  const auto masks = torch::randint(3, {kPictures, 6, 7}, torch::kByte);
  const auto labels = torch::where(torch::rand({kPictures, 6, 7}) < torch::rand({kPictures, 1, 1}),
                                   torch::randint(3, {kPictures, 6, 7}, torch::kByte), masks);
  std::vector<double> scores;
  for (int64_t i = 0; i < kPictures; ++i) {
    SegmentationMetrics metrics(3);
    metrics.update(labels[i], masks[i]);
    scores.push_back(metrics.mean_iou());
  }
  std::sort(scores.begin(), scores.end());
  WorstPictures worst(3, kKept);
  for (int64_t begin = 0; begin < kPictures;) {
    const int64_t end = std::min(kPictures, begin + test::random_int(1, 4));
    worst.update(labels.slice(0, begin, end), batch_of(masks.slice(0, begin, end), begin));
    begin = end;
  }
  ASSERT_EQ(worst.pictures().size(), static_cast<size_t>(kKept));
  for (size_t i = 0; i < worst.pictures().size(); ++i) {
    const auto& picture = worst.pictures()[i];
    EXPECT_DOUBLE_EQ(picture.miou, scores[i]);
    EXPECT_TRUE(torch::equal(picture.labels, labels[picture.index]));
    EXPECT_NE(picture.path.find("<" + std::to_string(picture.index) + ">"), std::string::npos);
  }
}

TEST(WorstPictures, NameTheMistakeWithTheMostPixels) {
  const auto mask = torch::tensor({0, 0, 0, 0, 1, 1, 2, 255}, torch::kByte).view({1, 2, 4});
  const auto answer = torch::tensor({0, 2, 2, 1, 0, 1, 2, 1}, torch::kByte).view({1, 2, 4});
  WorstPictures worst(3);
  worst.update(answer, batch_of(mask, 4));
  worst.update(answer, batch_of(torch::full({1, 2, 4}, 255, torch::kByte), 5));
  ASSERT_EQ(worst.pictures().size(), 1u) << "a picture without a labelled pixel says nothing";
  EXPECT_EQ(worst.pictures()[0].truth, 0);
  EXPECT_EQ(worst.pictures()[0].taken_for, 2);
  EXPECT_DOUBLE_EQ(worst.pictures()[0].mistake_share, 2.0 / 7);
}

TEST(SegmentationReport, HasNoMistakeWhereAllIsRight) {
  const auto mask = torch::randint(3, {1, 5, 5}, torch::kByte);
  SegmenterEvaluation evaluation{SegmentationMetrics(3)};
  evaluation.metrics.update(mask, mask);
  WorstPictures worst(3);
  worst.update(mask, batch_of(mask, 0));
  const Json report = segmentation_report(evaluation, worst, kNames);
  EXPECT_TRUE(report["worst"][0]["mistake"].is_null());
  EXPECT_EQ(report["confusion_matrix"].size(), 3u);
  EXPECT_EQ(report["confusion_matrix"][0].size(), 3u);
}

TEST(SegmentationReport, PictureShowsItsColoursAndLeavesIgnoredPixels) {
  const auto image = torch::randint(256, {3, 4, 3}, torch::kByte);
  auto labels = torch::zeros({3, 4}, torch::kByte);
  labels[1][2] = 1;
  labels[2][3] = 255;
  const auto shown = labelled_picture(image, labels, full_palette({{10, 20, 30}, {200, 0, 51}}));
  const auto at = [](const torch::Tensor& t, int64_t y, int64_t x, int64_t c) { return t[y][x][c].item<int>(); };
  EXPECT_EQ(at(shown, 0, 0, 1), (at(image, 0, 0, 1) + 20 + 1) / 2);
  EXPECT_EQ(at(shown, 1, 2, 2), (at(image, 1, 2, 2) + 51 + 1) / 2);
  EXPECT_EQ(at(shown, 2, 3, 0), at(image, 2, 3, 0));
}

Json whole_segmentation_report(int64_t pictures, bool has_census) {
  SegmenterEvaluation evaluation{SegmentationMetrics(3)};
  WorstPictures worst(3);
  for (int64_t i = 0; i < pictures; ++i) {
    const auto masks = torch::randint(2, {1, 5, 6}, torch::kByte), labels = torch::randint(2, {1, 5, 6}, torch::kByte);
    evaluation.metrics.update(labels, masks);
    worst.update(labels, batch_of(masks, i));
    ++evaluation.samples;
  }
  Json report = {{"task", "segmentation"}, {"run", "first"}, {"train_seconds", 90.0}, {"command", "multipole <x>"}};
  report.update(segmentation_report(evaluation, worst, kNames));
  report["palette"] = palette_json(default_palette(), kNames.size());
  report["curves"] = Json::array({{{"epoch", 1}, {"train_loss", 2.0}, {"lr", 0.1}, {"miou", 0.5}}});
  report["warnings"] = {"few pictures"};
  SegmentationCensus census;
  census.samples = 4;
  census.class_pixels = {60, 40, 0};
  census.class_samples = {4, 3, 0};
  census.sizes[{5, 6}] = 4;
  report["census"] = has_census ? census_json(census, kNames) : Json(nullptr);
  report["build"] = report["config"] = Json::object();
  report["data"] = {{"validation", {{"hash", "a"}}}};
  return report;
}

size_t count_of(const std::string& text, const std::string& part) {
  size_t number = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++number;
  return number;
}

TEST(SegmentationPage, ShowsBothPicturesOfEachWithTheirText) {
  for (const bool has_census : {true, false}) {
    const Json report = whole_segmentation_report(4, has_census);
    std::map<std::string, LabelThumbnails> thumbnails;
    for (const auto& picture : report["worst"]) {
      thumbnails[picture["path"].get<std::string>()] = {"data:image/png;base64,AAAA", "data:image/png;base64,BBBB"};
    }
    const std::string html = html_segmentation_report(report, thumbnails);
    EXPECT_EQ(count_of(html, "<img "), 8u);
    EXPECT_EQ(count_of(html, "<img "), count_of(html, " alt=\"folder/&lt;"));
    EXPECT_EQ(count_of(html, "<svg "), count_of(html, " role=\"img\""));
    EXPECT_EQ(html.find("<x>"), std::string::npos) << "text is escaped";
    EXPECT_EQ(html.find("<script"), std::string::npos);
    for (const char* tag : {"table", "section", "details", "figure", "svg", "div", "ul", "pre", "span"}) {
      EXPECT_EQ(count_of(html, std::string("<") + tag + ">") + count_of(html, std::string("<") + tag + " "),
                count_of(html, std::string("</") + tag + ">"))
          << tag;
    }
  }
  EXPECT_NE(html_segmentation_report(whole_segmentation_report(0, true), {}).find("n/a"), std::string::npos);
}

TEST(SegmentationComparison, SegmentationRunsAmongThemselvesOnly) {
  const Json run = whole_segmentation_report(3, true);
  EXPECT_NE(text_comparison({run, run}).find("mIoU"), std::string::npos);
  EXPECT_NE(html_comparison({run, run}).find("<polyline"), std::string::npos);
  Json classifier = run;
  classifier["task"] = "classification";
  EXPECT_THROW(text_comparison({run, classifier}), ConfigError);
  EXPECT_THROW(html_comparison({run, classifier}), ConfigError);
}

}  // namespace
}  // namespace multipole
