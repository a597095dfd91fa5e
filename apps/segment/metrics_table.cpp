#include "apps/segment/metrics_table.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.h"

namespace multipole {
namespace {

std::string share_text(const Json& share) { return share.is_null() ? "n/a" : percent(share.get<double>(), 2); }

}  // namespace

std::string metrics_table(const Json& result) {
  std::string text = pad_right("samples", 16) + result["samples"].dump() + "\n";
  for (const auto& [key, name] : std::vector<std::pair<std::string, std::string>>{{"miou", "mIoU"},
                                                                                  {"pixel_accuracy", "pixel accuracy"},
                                                                                  {"mean_accuracy", "mean accuracy"},
                                                                                  {"mean_dice", "mean Dice"},
                                                                                  {"boundary_f", "boundary F"}}) {
    if (result.contains(key)) text += pad_right(name, 16) + share_text(result[key]) + "\n";
  }
  std::string absent;
  for (const auto& row : result["per_class"]) {
    if (row["pixels"] == 0) absent += (absent.empty() ? "'" : ", '") + row["class"].get<std::string>() + "'";
  }
  if (!absent.empty()) text += "no pixel of " + absent + " in these masks\n";
  size_t width = 5;
  for (const auto& row : result["per_class"]) width = std::max(width, row["class"].get<std::string>().size());
  std::vector<std::pair<std::string, std::string>> columns = {
      {"iou", "IoU"}, {"accuracy", "accuracy"}, {"dice", "Dice"}};
  if (result.contains("boundary_f")) columns.emplace_back("boundary_f", "boundary F");
  text += "\n";
  text += pad_right("class", width);
  for (const auto& [key, name] : columns) text += pad_left(name, 12);
  text += "\n";
  for (const auto& row : result["per_class"]) {
    text += pad_right(row["class"].get<std::string>(), width);
    for (const auto& [key, name] : columns) text += pad_left(share_text(row[key]), 12);
    text += "\n";
  }
  return text;
}

}  // namespace multipole
