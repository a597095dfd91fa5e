#include "apps/embed/similarity_report.h"

#include <cmath>

#include "base/text.h"

namespace multipole {
namespace {

constexpr int kDigits = 4;

// A similarity is a float32: digits past the sixth are noise.
double rounded(double similarity) { return std::round(similarity * 1e6) / 1e6; }

std::string padded(double similarity) { return pad_left(fixed(similarity, kDigits), kDigits + 3); }

const std::string& name_of(int64_t index, const std::vector<std::string>& names) {
  return names.at(static_cast<size_t>(index));
}

}  // namespace

std::string nearest_lines(const std::string& query, const std::vector<Neighbor>& neighbors,
                          const std::vector<std::string>& names, bool json) {
  if (json) {
    Json list = Json::array();
    for (const auto& neighbor : neighbors) {
      list.push_back({{"path", name_of(neighbor.index, names)}, {"similarity", rounded(neighbor.similarity)}});
    }
    return json_line({{"path", query}, {"neighbors", list}});
  }
  std::string text = query + "\n";
  for (const auto& neighbor : neighbors) {
    text += "  " + padded(neighbor.similarity) + "  " + name_of(neighbor.index, names) + "\n";
  }
  return text;
}

std::string nearest_failure(const std::string& query, const std::string& reason, bool json) {
  return json ? json_line({{"path", query}, {"error", reason}}) : query + "\n  error: " + reason + "\n";
}

std::string duplicate_line(const SimilarPair& pair, const std::vector<std::string>& names, bool json) {
  const std::string &first = name_of(pair.first, names), &second = name_of(pair.second, names);
  if (json) return json_line({{"first", first}, {"second", second}, {"similarity", rounded(pair.similarity)}});
  return padded(pair.similarity) + "  " + first + "  " + second + "\n";
}

}  // namespace multipole
