#include "apps/segment/area_table.h"

#include <fstream>
#include <string>

#include "base/json_text.h"
#include "datasets/formats/csv.h"
#include "engine/files/atomic_file.h"

namespace multipole {

void write_area_table(const std::filesystem::path& results, const std::filesystem::path& table) {
  std::ifstream lines(results, std::ios::binary);
  AtomicFile file(table);
  file.write("path,class,index,pixels,share,area_m2\n");
  for (std::string text; std::getline(lines, text);) {
    const Json line = parse_json_text(text, results.string());
    if (line.contains("error")) continue;
    const std::string path = csv_field(line["path"].get<std::string>());
    for (const auto& row : line["classes"]) {
      file.write(path + ',' + csv_field(row["class"].get<std::string>()) + ',' + row["index"].dump() + ',' +
                 row["pixels"].dump() + ',' + row["share"].dump() + ',' +
                 (row.contains("area_m2") ? row["area_m2"].dump() : "") + '\n');
    }
  }
  file.commit();
}

}  // namespace multipole
