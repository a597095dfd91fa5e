#include "apps/attention/comparison_table.h"

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "engine/report/page.h"

namespace multipole {
namespace {

using Row = std::vector<std::string>;

std::string mebibytes(const Json& cost) { return number_text(cost["bytes"].get<double>() / (1 << 20), 0); }

Row size_row(const Json& size) {
  const double own = size["reference"]["seconds"].get<double>(), swapped = size["swapped"]["seconds"].get<double>();
  return {size["size"].dump(),
          size["tokens"].dump(),
          number_text(number_at(size, "block_error"), 3),
          number_text(number_at(size, "embedding_cosine"), 4),
          number_text(number_at(size, "patch_cosine"), 4),
          size["agreement"].is_null() ? "-" : percent_text(number_at(size, "agreement"), 2),
          number_text(own, 3),
          number_text(swapped, 3),
          number_text(own / swapped, 2),
          mebibytes(size["reference"]),
          mebibytes(size["swapped"])};
}

std::string aligned(const std::vector<Row>& rows) {
  std::vector<size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) text += (i > 0 ? "  " : "") + pad_left(row[i], widths[i], ' ');
    text += "\n";
  }
  return text;
}

}  // namespace

std::string comparison_table(const Json& result) {
  std::vector<Row> rows = {{"pixels", "tokens", "block error", "vector cosine", "patch cosine", "same answer", "own s",
                            "swapped s", "times", "own MiB", "swapped MiB"}};
  for (const auto& size : result["sizes"]) rows.push_back(size_row(size));
  std::string text = aligned(rows);
  for (const auto& size : result["sizes"]) {
    text += "error by block at " + size["size"].dump() + " pixels:";
    for (const auto& block : size["blocks"]) text += " " + number_text(number_at(block, "error"), 3);
    text += "\n";
    if (!size["iou"].empty()) text += "overlap of both maps by class:";
    for (const auto& entry : size["iou"]) {
      text += " " + entry["class"].get<std::string>() + " " + percent_text(number_at(entry, "iou"));
    }
    if (!size["iou"].empty()) text += "\n";
  }
  return text;
}

}  // namespace multipole
