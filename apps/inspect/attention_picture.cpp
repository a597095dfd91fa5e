#include "apps/inspect/attention_picture.h"

#include <array>
#include <sstream>

#include "backbone/multipole/quadtree.h"
#include "base/error.h"

namespace multipole {
namespace {

constexpr int64_t kLargestSide = 256;
constexpr int64_t kDrawingSide = 640;  // user units of the longer axis
constexpr int64_t kMargin = 10;
constexpr int64_t kLegendRow = 24;
// Near field, then levels 1, 2, ...: a sequential scale that also reads in gray (ColorBrewer's YlGnBu, reversed).
constexpr std::array<const char*, 9> kColors = {"#fdae61", "#253494", "#2c7fb8", "#41b6c4", "#7fcdbb",
                                                "#c7e9b4", "#e3f4c8", "#f2fadf", "#ffffff"};

// A drawing in tokens: every rectangle is scaled once, when it is written.
class Canvas {
 public:
  explicit Canvas(const AttentionPicture& picture)
      : picture_(picture), unit_(larger(1, kDrawingSide / larger(picture.height, picture.width))) {
    out_.imbue(std::locale::classic());
  }

  // Cells at the border are cut off at the grid's end.
  void rectangle(int64_t y, int64_t x, int64_t side, const std::string& fill, const std::string& stroke) {
    const int64_t height = smaller(side, picture_.height - y), width = smaller(side, picture_.width - x);
    out_ << "<rect x=\"" << kMargin + x * unit_ << "\" y=\"" << kMargin + y * unit_ << "\" width=\"" << width * unit_
         << "\" height=\"" << height * unit_ << "\" fill=\"" << fill << "\" stroke=\"" << stroke
         << "\" stroke-width=\"1\"/>\n";
  }

  void legend(int64_t row, const std::string& fill, const std::string& label) {
    const int64_t y = 2 * kMargin + picture_.height * unit_ + row * kLegendRow;
    out_ << "<rect x=\"" << kMargin << "\" y=\"" << y << "\" width=\"16\" height=\"16\" fill=\"" << fill
         << "\" stroke=\"#555\"/>\n<text x=\"" << kMargin + 26 << "\" y=\"" << y + 13
         << "\" font-family=\"sans-serif\" font-size=\"14\" fill=\"#222\">" << label << "</text>\n";
  }

  std::string finish(int64_t legend_rows) const {
    const int64_t width = larger(2 * kMargin + picture_.width * unit_, 460);
    const int64_t height = 3 * kMargin + picture_.height * unit_ + legend_rows * kLegendRow;
    std::ostringstream file;
    file.imbue(std::locale::classic());
    file << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " << width << " " << height << "\" width=\""
         << width << "\" height=\"" << height << "\">\n<title>What token (" << picture_.token_y << ", "
         << picture_.token_x << ") of a " << picture_.height << " x " << picture_.width
         << " grid attends to</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
         << out_.str() << "</svg>\n";
    return file.str();
  }

 private:
  AttentionPicture picture_;
  int64_t unit_;
  std::ostringstream out_;
};

void check(const AttentionPicture& p) {
  if (p.height < 1 || p.width < 1 || p.height > kLargestSide || p.width > kLargestSide) {
    throw ConfigError("--attention: a grid of 1 to " + std::to_string(kLargestSide) + " tokens a side can be drawn");
  }
  if (p.cell < 1) throw ConfigError("--cell: at least 1 token");
  if (p.token_y < 0 || p.token_y >= p.height || p.token_x < 0 || p.token_x >= p.width) {
    throw ConfigError("--token: " + std::to_string(p.token_y) + "," + std::to_string(p.token_x) +
                      " is outside of the grid");
  }
}

int64_t draw_near_field(const AttentionPicture& p, Canvas& canvas) {
  const int64_t cells_y = level_cells(1, p.height, p.cell), cells_x = level_cells(1, p.width, p.cell);
  const IndexRange rows = near_cells(p.token_y / p.cell, cells_y), columns = near_cells(p.token_x / p.cell, cells_x);
  int64_t tokens = 0;
  for (int64_t y = rows.begin * p.cell; y < smaller(p.height, rows.end * p.cell); ++y) {
    for (int64_t x = columns.begin * p.cell; x < smaller(p.width, columns.end * p.cell); ++x) {
      canvas.rectangle(y, x, 1, kColors[0], "#fff");
      ++tokens;
    }
  }
  return tokens;
}

int64_t draw_level(const AttentionPicture& p, int64_t level, const std::string& color, Canvas& canvas) {
  const int64_t side = level_side(level, p.cell);
  int64_t cells = 0;
  for_each_interaction_cell(p.token_y / side, p.token_x / side, level_cells(level, p.height, p.cell),
                            level_cells(level, p.width, p.cell), [&](int64_t y, int64_t x) {
                              canvas.rectangle(y * side, x * side, side, color, "#fff");
                              ++cells;
                            });
  return cells;
}

std::string count(int64_t number, const std::string& noun) {
  return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

}  // namespace

std::string attention_svg(const AttentionPicture& picture) {
  check(picture);
  Canvas canvas(picture);
  const int64_t levels = num_far_levels_2d(picture.height, picture.width, picture.cell);
  for (int64_t level = levels; level >= 1; --level) {
    const std::string color = kColors[static_cast<size_t>(smaller(level, kColors.size() - 1))];
    const int64_t cells = draw_level(picture, level, color, canvas);
    const int64_t side = level_side(level, picture.cell);
    canvas.legend(level, color,
                  "far, level " + std::to_string(level) + ": " + count(cells, "cell") + " of " + std::to_string(side) +
                      " x " + std::to_string(side) + " tokens, each through its summaries");
  }
  const int64_t near_tokens = draw_near_field(picture, canvas);
  canvas.legend(0, kColors[0], "near: " + count(near_tokens, "token") + ", one by one");
  canvas.rectangle(picture.token_y, picture.token_x, 1, "#d7191c", "#fff");
  canvas.legend(levels + 1, "#d7191c", "the token that attends");
  return canvas.finish(levels + 2);
}

}  // namespace multipole
