#include "tasks/segmentation/report/segmentation_html.h"

#include "engine/report/chart.h"
#include "engine/report/page.h"
#include "engine/report/report_parts.h"

namespace multipole {
namespace {

std::string segmentation_summary_html(const Json& report) {
  const Json& metrics = report["metrics"];
  std::string html = "<ul class=\"tiles\">\n";
  html += tile_html(percent_text(number_at(metrics, "miou")), "mIoU: mean over the classes");
  html += tile_html(percent_text(number_at(metrics, "pixel_accuracy")), "of the pixels are right");
  html += tile_html(percent_text(number_at(metrics, "mean_accuracy")), "of a class's pixels, mean over the classes");
  html += tile_html(percent_text(number_at(metrics, "mean_dice")), "Dice, mean over the classes");
  return html + "</ul>\n" + measured_html(report);
}

std::string iou_table(const Json& report) {
  const double pixels = number_at(report["metrics"], "pixels");
  std::vector<std::vector<std::string>> cells;
  for (const auto& row : report["per_class"]) {
    cells.push_back({row["class"].get<std::string>(), percent_text(number_at(row, "pixels") / pixels, 2),
                     percent_text(number_at(row, "iou")), percent_text(number_at(row, "accuracy")),
                     percent_text(number_at(row, "dice"))});
  }
  return html_table(
      "IoU: shared pixels of truth and answer, of all that are in either. Found: share of the class's "
      "pixels that are right. Dice: twice the shared pixels, of the sum of both.",
      {"class", "of all pixels", "IoU", "found", "Dice"}, cells);
}

std::string legend_html(const Json& report) {
  std::string html = "<ul class=\"legend\">\n";
  const auto names = class_names_of(report);
  for (size_t i = 0; i < names.size(); ++i) {
    html += "<li><span class=\"swatch\" style=\"border-color:" + report["palette"][i].get<std::string>() +
            "\"></span>" + escape_html(names[i]) + "</li>\n";
  }
  return html + "</ul>\n";
}

std::string image_html(const std::string& uri, const std::string& alternative) {
  return "<img src=\"" + uri + "\" alt=\"" + escape_html(alternative) + "\">";
}

std::string picture_html(const Json& picture, const std::map<std::string, LabelThumbnails>& thumbnails,
                         const std::string& folder) {
  const auto path = picture["path"].get<std::string>();
  std::string html = "<figure>";
  if (const auto found = thumbnails.find(path); found != thumbnails.end()) {
    html += "<div class=\"two\">" + image_html(found->second.truth, path + " with the classes of its mask") +
            image_html(found->second.answer, path + " with the classes that the model sees") + "</div>";
  }
  html += "<figcaption>mIoU " + percent_text(number_at(picture, "miou"), 0) + ", " +
          percent_text(number_at(picture, "pixel_accuracy"), 0) + " of the pixels right";
  if (const Json& mistake = picture["mistake"]; !mistake.is_null()) {
    html += "; " + escape_html(mistake["class"].get<std::string>()) + " taken for <strong>" +
            escape_html(mistake["predicted"].get<std::string>()) + "</strong> on " +
            percent_text(number_at(mistake, "share"), 0);
  }
  return html + "<br><span class=\"note\">" + html_path(path.substr(folder.size())) + "</span></figcaption></figure>\n";
}

std::string worst_html(const Json& report, const std::map<std::string, LabelThumbnails>& thumbnails) {
  if (report["worst"].empty()) return "<p>No picture was measured.</p>\n";
  const std::string folder = common_folder(report["worst"]);
  std::string html = "<p>Left: the mask. Right: what the model says. mIoU of the classes in the picture.</p>\n" +
                     folder_html(folder) + legend_html(report) + "<div class=\"pictures pairs\">\n";
  for (const auto& picture : report["worst"]) html += picture_html(picture, thumbnails, folder);
  return html + "</div>\n";
}

std::string census_html(const Json& census) {
  if (census.is_null()) return "<p>Not looked at: data.census is off.</p>\n";
  double pixels = 0;
  for (const auto& row : census["classes"]) pixels += number_at(row, "pixels");
  std::vector<std::vector<std::string>> rows;
  for (const auto& row : census["classes"]) {
    rows.push_back(
        {row["class"].get<std::string>(), percent_text(number_at(row, "pixels") / pixels, 2), row["pictures"].dump()});
  }
  std::string html = "<p>" + census["pictures"].dump() + " pictures to train on, " +
                     percent_text(number_at(census, "ignored_share")) + " of their pixels ignored. ";
  if (census["sizes"].size() == 1) {
    const Json& size = census["sizes"][0];
    html += "All are " + size["width"].dump() + " x " + size["height"].dump() + " pixels.";
  } else {
    html += census["different_sizes"].dump() + " different sizes.";
  }
  return html + "</p>\n" +
         html_table("Classes in the training split", {"class", "of the labelled pixels", "pictures"}, rows);
}

}  // namespace

std::string html_segmentation_report(const Json& report, const std::map<std::string, LabelThumbnails>& thumbnails) {
  const Json& curves = report["curves"];
  std::string body = segmentation_summary_html(report);
  body += html_section("curves", "How training went",
                       curves_html(curves, "Agreement with the masks",
                                   {curve_of(curves, "miou", "mIoU"), curve_of(curves, "pixel_accuracy", "pixels")},
                                   {curve_of(curves, "train_loss", "loss in training")}));
  body += html_section("classes", "Class by class", iou_table(report));
  body += html_section("confusion", "What is taken for what",
                       confusion_html(report["confusion_matrix"], class_names_of(report), "pixels"));
  body += html_section("worst", "The pictures it gets least of", worst_html(report, thumbnails));
  body += html_section("data", "The data", census_html(report["census"]));
  body += html_section("origin", "Where this comes from", origin_html(report));
  return html_page("Training report: " + report["run"].get<std::string>(), body);
}

}  // namespace multipole
