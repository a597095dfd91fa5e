// Draws what one token attends to in 2D Fast Multipole Attention: near tokens one by one, far cells level by level.
#pragma once

#include <cstdint>
#include <string>

namespace multipole {

struct AttentionPicture {
  int64_t height = 32, width = 32;   // tokens
  int64_t cell = 4;                  // tokens along each side of a finest cell
  int64_t token_y = 0, token_x = 0;  // the token that attends
};

// An SVG file's text. The geometry is that of backbone/multipole/quadtree.h, so that the picture is what is computed.
// Throws ConfigError for a token outside of the grid or a grid too large to draw.
std::string attention_svg(const AttentionPicture& picture);

}  // namespace multipole
