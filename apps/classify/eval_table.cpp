#include "apps/classify/eval_table.h"

#include <algorithm>

#include "base/text.h"

namespace multipole {
namespace {

std::string percent(const Json& share) { return share.is_null() ? "n/a" : fixed(100 * share.get<double>(), 2); }

size_t class_width(const Json& result) {
  size_t width = 5;
  for (const auto& row : result["per_class"]) width = std::max(width, row["class"].get<std::string>().size());
  return width;
}

}  // namespace

std::string accuracy_table(const Json& result) {
  std::string text = "samples  " + result["samples"].dump() + "\n";
  text += "top-1    " + percent(result["top1"]) + "%\ntop-5    " + percent(result["top5"]) + "%\n\n";
  const size_t width = class_width(result);
  text += pad_right("class", width) + "  samples  accuracy\n";
  for (const auto& row : result["per_class"]) {
    text += pad_right(row["class"].get<std::string>(), width) + "  " + pad_left(row["samples"].dump(), 7) + "  " +
            pad_left(percent(row["accuracy"]), 7) + "%\n";
  }
  return text;
}

std::string average_precision_table(const Json& result) {
  std::string text = "samples   " + result["samples"].dump() + "\n";
  for (const auto& [head, key] :
       {std::pair{"mAP       ", "map"}, std::pair{"macro F1  ", "macro_f1"}, std::pair{"micro F1  ", "micro_f1"}}) {
    text += head + percent(result[key]) + "%\n";
  }
  text += "precision, recall and F1 of the classes above a probability of " +
          fixed(result["threshold"].get<double>(), 2) + "\n\n";
  const size_t width = class_width(result);
  text += pad_right("class", width) + "  samples      AP  precision  recall      F1\n";
  for (const auto& row : result["per_class"]) {
    text += pad_right(row["class"].get<std::string>(), width) + "  " + pad_left(row["samples"].dump(), 7) + "  " +
            pad_left(percent(row["ap"]), 6) + "  " + pad_left(percent(row["precision"]), 9) + "  " +
            pad_left(percent(row["recall"]), 6) + "  " + pad_left(percent(row["f1"]), 6) + "\n";
  }
  return text;
}

}  // namespace multipole
