// What `embed --nearest` and `embed --duplicates` print.
//
//   nearest, text     the query, then a line a neighbor: "  0.9312  photos/a.jpg"
//   nearest, json     {"path", "neighbors": [{"path", "similarity"}]} or {"path", "error"}: a line a query
//   duplicates, text  "0.9987  photos/a.jpg  photos/b.jpg": a line a pair
//   duplicates, json  {"first", "second", "similarity"}: a line a pair
#pragma once

#include <string>
#include <vector>

#include "tasks/embedding/similarity.h"

namespace multipole {

std::string nearest_lines(const std::string& query, const std::vector<Neighbor>& neighbors,
                          const std::vector<std::string>& names, bool json);
std::string nearest_failure(const std::string& query, const std::string& reason, bool json);
std::string duplicate_line(const SimilarPair& pair, const std::vector<std::string>& names, bool json);

}  // namespace multipole
