#include <gtest/gtest.h>
#include <torch/types.h>

#include <limits>
#include <set>
#include <string>

#include "engine/report/chart.h"
#include "engine/report/page.h"
#include "tasks/classification/report/classification_report.h"
#include "tasks/classification/report/html_report.h"
#include "tasks/comparison/comparison.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

ClassifierOutputs random_outputs(int64_t samples, int64_t classes) {
  ClassifierOutputs outputs;
  outputs.labels = torch::randint(classes, {samples}, torch::kLong);
  outputs.logits = torch::randn({samples, classes}) + torch::one_hot(outputs.labels, classes);
  for (int64_t i = 0; i < samples; ++i) {
    outputs.paths.push_back("folder/<" + std::to_string(i) + ">.png");
    outputs.indices.push_back(i);
  }
  return outputs;
}

std::vector<std::string> names(int64_t classes) {
  std::vector<std::string> list;
  for (int64_t i = 0; i < classes; ++i) list.push_back("class & " + std::to_string(i));
  return list;
}

Json whole_report(int64_t samples, int64_t classes) {
  Json report = {{"task", "classification"}, {"run", "first"}, {"train_seconds", 90.0}, {"command", "multipole <x>"}};
  report.update(classification_report(random_outputs(samples, classes), names(classes)));
  report["curves"] = Json::array({{{"epoch", 1}, {"train_loss", 2.0}, {"lr", 0.1}, {"top1", 0.5}, {"loss", nullptr}}});
  report["census"] = {{"pictures", 9},     {"classes", Json::array()},
                      {"imbalance", 1.0},  {"measured", 3},
                      {"gray_share", 0.0}, {"short_side", {{"smallest", 1}, {"median", 2}, {"largest", 3}}}};
  report["warnings"] = {"few pictures"};
  report["build"] = report["config"] = Json::object();
  report["data"] = {{"validation", {{"hash", "a"}}}};
  return report;
}

size_t count(const std::string& text, const std::string& part) {
  size_t number = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++number;
  return number;
}

TEST(ClassificationReport, CountsAgreeWithTheirDefinitions) {
  ClassifierOutputs outputs;
  outputs.labels = torch::tensor({0, 0, 0, 1, 1, 2}, torch::kLong);
  const auto answers = torch::tensor({0, 0, 1, 1, 0, 0}, torch::kLong);
  outputs.logits = torch::one_hot(answers, 4).to(torch::kFloat) * 3;
  outputs.paths.assign(6, "p");
  outputs.indices.assign(6, 0);
  const Json report = classification_report(outputs, names(4));
  const Json& rows = report["per_class"];
  EXPECT_NEAR(rows[0]["precision"].get<double>(), 2.0 / 4, 1e-12);
  EXPECT_NEAR(rows[0]["recall"].get<double>(), 2.0 / 3, 1e-12);
  EXPECT_NEAR(rows[0]["f1"].get<double>(), 4.0 / 7, 1e-12);
  EXPECT_TRUE(rows[2]["precision"].is_null());
  EXPECT_TRUE(rows[3]["recall"].is_null());
  EXPECT_NEAR(report["metrics"]["balanced_accuracy"].get<double>(), (2.0 / 3 + 0.5 + 0) / 3, 1e-12);
  EXPECT_EQ(report["mistakes"]["worst"].size(), 3u);
}

TEST(ClassificationReport, MistakesComeWorstFirst) {
  const Json report = classification_report(random_outputs(200, 5), names(5), 7);
  for (const auto& [list, key] : {std::pair{"confident", "probability"}, std::pair{"worst", "probability_of_class"}}) {
    const Json& mistakes = report["mistakes"][list];
    ASSERT_EQ(mistakes.size(), 7u);
    for (size_t i = 0; i < mistakes.size(); ++i) {
      EXPECT_NE(mistakes[i]["class"], mistakes[i]["predicted"]);
      if (i == 0) continue;
      const double step = mistakes[i][key].get<double>() - mistakes[i - 1][key].get<double>();
      EXPECT_GE(std::string(list) == "worst" ? step : -step, 0);
    }
  }
}

TEST(HtmlReport, IsOneFileWithoutNetworkOrScripts) {
  for (const int64_t classes : {int64_t{2}, test::random_int(3, 25), int64_t{60}}) {
    const Json report = whole_report(100, classes);
    const std::string uri = "data:image/png;base64,AAAA";
    std::map<std::string, std::string> thumbnails;
    for (const auto& mistake : report["mistakes"]["worst"]) thumbnails[mistake["path"].get<std::string>()] = uri;
    const std::string html = html_report(report, thumbnails);
    EXPECT_EQ(count(html, "http"), count(html, "http://www.w3.org/2000/svg"));
    EXPECT_EQ(html.find("<script"), std::string::npos);
    EXPECT_EQ(html.find("<x>"), std::string::npos) << "text is escaped";
    EXPECT_GT(count(html, "<img "), 0u);
    EXPECT_EQ(count(html, "<img "), count(html, " alt=\"a picture of"));
    EXPECT_EQ(count(html, "<svg "), count(html, " role=\"img\""));
    for (const char* tag : {"table", "section", "details", "figure", "svg", "div", "ul", "pre"}) {
      EXPECT_EQ(count(html, std::string("<") + tag + ">") + count(html, std::string("<") + tag + " "),
                count(html, std::string("</") + tag + ">"))
          << tag;
    }
  }
}

// The text that a reader sees, without the elements around it.
std::string visible_text(const std::string& html) {
  std::string text;
  bool is_inside = false;
  for (const char c : html) {
    if (c == '<') is_inside = true;
    if (!is_inside) text += c;
    if (c == '>') is_inside = false;
  }
  return text;
}

TEST(HtmlReport, ShowsEachMistakeOnce) {
  const Json report = whole_report(40, 4);
  const std::string text = visible_text(html_report(report, {}));
  std::set<int64_t> shown;
  for (const char* list : {"worst", "confident"}) {
    for (const auto& mistake : report["mistakes"][list]) shown.insert(mistake["index"].get<int64_t>());
  }
  ASSERT_GT(shown.size(), 3u);
  for (const int64_t index : shown) EXPECT_EQ(count(text, "&lt;" + std::to_string(index) + "&gt;.png"), 1u) << index;
}

TEST(HtmlReport, NothingWideStandsOutsideOfAScrollingPart) {
  for (const int64_t classes : {4, 60}) {
    const std::string html = html_report(whole_report(100, classes), {});
    EXPECT_GT(count(html, "<table"), 1u);
    EXPECT_EQ(count(html, "<table"), count(html, "role=\"region\""));
    // a chart takes its size from the page; letters in it may be no larger than the page's own at its largest
    EXPECT_EQ(count(html, "<svg "), count(html, "<figure class=\"chart\">"));
    EXPECT_EQ(html.find("font-size=\"16\""), std::string::npos);
  }
}

TEST(HtmlReport, EndingsOfFileNamesAreNeverTornOff) {
  Json report = whole_report(60, 3);
  for (const char* list : {"worst", "confident"}) {
    for (auto& mistake : report["mistakes"][list]) {
      mistake["path"] = "data/val/cat/ISIC00123456789" + mistake["index"].dump() + "00.JPG";
    }
  }
  const std::string html = html_report(report, {});
  EXPECT_GT(count(html, "00.JPG</span>"), 0u);
  EXPECT_EQ(count(html, "00.JPG</span>"), count(html, "<span class=\"tail\">"));
  EXPECT_NE(html.find(".tail { white-space: nowrap"), std::string::npos);
}

TEST(HtmlReport, StandsWithoutASingleSample) {
  const std::string html = html_report(whole_report(0, 3), {});
  EXPECT_NE(html.find("n/a"), std::string::npos);
}

TEST(Comparison, SaysWhereFiguresDoNotCompare) {
  Json first = whole_report(50, 3), second = whole_report(50, 3);
  second["run"] = "second";
  EXPECT_EQ(count(text_comparison({first, second}), "\n"), 3u);
  second["data"]["validation"]["hash"] = "b";
  EXPECT_NE(text_comparison({first, second}).find("do not compare"), std::string::npos);
  EXPECT_NE(html_comparison({first, second}).find("do not compare"), std::string::npos);
}

TEST(Chart, LeavesOutWhatIsNotFinite) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(line_chart_svg({"t", "x", {{"a", {{1, nan}}}}}), "");
  const auto svg = line_chart_svg({"t", "x", {{"a", {{1, 2}, {2, nan}, {3, 2}}}}});
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_NE(svg.find("<polyline"), std::string::npos);
}

TEST(Page, NumbersThatRoundToZeroHaveNoSign) {
  EXPECT_EQ(number_text(-0.004, 2), "0.00");
  EXPECT_EQ(number_text(-0.006, 2), "-0.01");
  EXPECT_EQ(percent_text(-1e-17, 0), "0%");
}

TEST(Page, EscapesAndReplacesWhatIsNotUtf8) {
  EXPECT_EQ(escape_html("<a href=\"x\">'&"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
  EXPECT_EQ(escape_html("a\xff"), "a\xef\xbf\xbd");
  EXPECT_EQ(percent_text(0.12345, 2), "12.35%");
}

}  // namespace
}  // namespace multipole
