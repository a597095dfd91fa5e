// Window, neighborhood and MANO attention against their definitions, pair of tokens by pair of tokens.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "tests/backbone/attention/mechanisms/dense_layer.h"
#include "tests/support/random_source.h"

namespace multipole {
namespace {

using test::dense_bias;
using test::dense_output;
using test::dense_tokens;
using test::parameter_of;
using test::unseen;

constexpr int64_t kWindowHeads = 2, kWindowDim = 6;

torch::Tensor random_tokens(int64_t height, int64_t width) {
  return torch::randn({2, height, width, kWindowDim}, torch::kFloat64);
}

torch::Tensor table_entry(const torch::Tensor& table, int64_t size, int64_t dy, int64_t dx) {
  return table.select(2, dx + size - 1).select(1, dy + size - 1);
}

torch::Tensor dense_layer(const Attention& attention, const torch::Tensor& x, const torch::Tensor& bias) {
  const auto tokens = dense_tokens(attention, x, kWindowHeads);
  const auto weights = torch::softmax(torch::matmul(tokens.q, tokens.k.transpose(-1, -2)) + bias, -1);
  return dense_output(attention, torch::matmul(weights, tokens.v), x);
}

// Swin's own description: tokens move up by `shift` around the border, are cut into windows, and within a window only
// tokens that were neighbours before the move see each other.
bool share_swin_window(int64_t a, int64_t b, int64_t size, int64_t window, int64_t shift) {
  const auto moved = [&](int64_t i) { return (i - shift + size) % size; };
  const auto region = [&](int64_t i) { return i < size - window ? 0 : i < size - shift ? 1 : 2; };
  return moved(a) / window == moved(b) / window && (shift == 0 || region(moved(a)) == region(moved(b)));
}

TEST(WindowTest, IsSwinsShiftedWindows) {
  torch::manual_seed(test::test_seed());
  for (const int64_t block : {0, 1}) {
    const int64_t window = 4, height = 8, width = 12, shift = block == 1 ? 2 : 0;
    const auto attention = test::random_attention({{"type", "window"}, {"window", window}},
                                                  {.embed_dim = kWindowDim, .num_heads = kWindowHeads, .block = block});
    const auto table = parameter_of(*attention, "bias");
    const auto bias = dense_bias(height, width, kWindowHeads, [&](int64_t qy, int64_t qx, int64_t ky, int64_t kx) {
      const bool seen =
          share_swin_window(qy, ky, height, window, shift) && share_swin_window(qx, kx, width, window, shift);
      return seen ? table_entry(table, window, ky - qy, kx - qx) : unseen(kWindowHeads);
    });
    const auto x = random_tokens(height, width);
    EXPECT_TRUE(torch::allclose(attention->forward(x), dense_layer(*attention, x, bias), 1e-9, 1e-10)) << block;
  }
}

// As published: the grid is filled up with zeros and rolled, or rolled and filled up, and cut into windows, where all
// tokens, the zeros too, see those that were neighbours before the roll.
torch::Tensor published_windows(const Attention& attention, const torch::Tensor& x, int64_t window,
                                const std::array<int64_t, 2>& shift, bool rolls_first) {
  const int64_t height = x.size(1), width = x.size(2), full_y = (height + window - 1) / window * window,
                full_x = (width + window - 1) / window * window;
  const auto fill = [&](const torch::Tensor& grid) {
    return torch::constant_pad_nd(grid, {0, 0, 0, full_x - width, 0, full_y - height});
  };
  const auto roll = [&](const torch::Tensor& grid, int64_t direction) {
    return torch::roll(grid, {direction * shift[0], direction * shift[1]}, {1, 2});
  };
  const auto crop = [&](const torch::Tensor& grid) { return grid.narrow(1, 0, height).narrow(2, 0, width); };
  const auto moved = rolls_first ? fill(roll(x, -1)) : roll(fill(x), -1);
  const auto share = [&](int64_t a, int64_t b, int64_t size, int64_t by) {
    const auto region = [&](int64_t i) { return i < size - window ? 0 : i < size - by ? 1 : 2; };
    return a / window == b / window && (by == 0 || region(a) == region(b));
  };
  const auto bias = dense_bias(full_y, full_x, kWindowHeads, [&](int64_t qy, int64_t qx, int64_t ky, int64_t kx) {
    const bool seen = share(qy, ky, full_y, shift[0]) && share(qx, kx, full_x, shift[1]);
    return seen ? table_entry(parameter_of(attention, "bias"), window, ky - qy, kx - qx) : unseen(kWindowHeads);
  });
  const auto out = dense_layer(attention, moved, bias);
  return rolls_first ? roll(crop(out), 1) : crop(roll(out, 1));
}

TEST(WindowTest, ZerosThatFillWindowsUpAreSeenAsPublished) {
  torch::manual_seed(test::test_seed());
  for (const std::string padding : {"before_shift", "after_shift"}) {
    for (const std::string axes : {"each", "both", "always"}) {
      for (const int64_t block : {0, 1}) {
        const int64_t window = test::random_int(2, 4), half = block * (window / 2);
        const auto attention =
            test::random_attention({{"type", "window"}, {"window", window}, {"padding", padding}, {"shift_axes", axes}},
                                   {.embed_dim = kWindowDim, .num_heads = kWindowHeads, .block = block});
        for (const auto& [height, width] :
             std::vector<std::pair<int64_t, int64_t>>{{window, 2 * window + 1},
                                                      {test::random_int(1, window), test::random_int(1, 9)},
                                                      {test::random_int(1, 9), test::random_int(1, 9)}}) {
          SCOPED_TRACE(testing::Message() << padding << ", " << axes << ", block " << block << ", window " << window
                                          << ", " << height << " x " << width);
          const bool y = height > window, x = width > window;
          const std::array<int64_t, 2> shift = axes == "always" ? std::array{half, half}
                                               : axes == "both" ? std::array{y && x ? half : 0, y && x ? half : 0}
                                                                : std::array{y ? half : 0, x ? half : 0};
          const auto tokens = random_tokens(height, width);
          const auto expected = published_windows(*attention, tokens, window, shift, padding == "after_shift");
          EXPECT_TRUE(torch::allclose(attention->forward(tokens), expected, 1e-9, 1e-10));
        }
      }
    }
  }
}

TEST(WindowTest, PaddingMakesNoDifferenceToWholeWindows) {
  torch::manual_seed(test::test_seed());
  const AttentionShape shape{.embed_dim = kWindowDim, .num_heads = kWindowHeads, .block = 1};
  const auto plain = test::random_attention({{"type", "window"}, {"window", 3}}, shape);
  const auto tokens = random_tokens(9, 6);
  for (const std::string padding : {"before_shift", "after_shift"}) {
    for (const std::string axes : {"both", "always"}) {
      const auto other = make_attention({{"type", "window"}, {"window", 3}, {"padding", padding}, {"shift_axes", axes}},
                                        shape, "test");
      other->to(torch::kFloat64);
      const torch::NoGradGuard no_grad;
      for (auto& parameter : other->named_parameters()) parameter->copy_(parameter_of(*plain, parameter.key()));
      EXPECT_TRUE(other->forward(tokens).equal(plain->forward(tokens))) << padding << ", " << axes;
    }
  }
}

TEST(WindowTest, RefusesUnknownPaddingAndAxes) {
  const auto message = [](const Json& config) -> std::string {
    try {
      make_attention(config, {.embed_dim = kWindowDim, .num_heads = kWindowHeads}, "attention");
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message({{"type", "window"}, {"padding", "seen"}}),
            "attention.padding: must be unseen, before_shift or after_shift, got \"seen\"");
  EXPECT_EQ(message({{"type", "window"}, {"shift_axes", "none"}}),
            "attention.shift_axes: must be each, both or always, got \"none\"");
}

TEST(WindowTest, RaggedGridsHaveSmallerWindowsAtTheBorder) {
  torch::manual_seed(test::test_seed());
  for (const bool has_bias : {true, false}) {
    const int64_t window = 3, height = test::random_int(4, 8), width = test::random_int(1, 3);
    const auto attention = test::random_attention({{"type", "window"}, {"window", window}, {"bias", has_bias}},
                                                  {.embed_dim = kWindowDim, .num_heads = kWindowHeads, .block = 1});
    const auto bias = dense_bias(height, width, kWindowHeads, [&](int64_t qy, int64_t qx, int64_t ky, int64_t kx) {
      // the first window keeps one row; the width is one window
      if ((qy + 2) / window != (ky + 2) / window) return unseen(kWindowHeads);
      return has_bias ? table_entry(parameter_of(*attention, "bias"), window, ky - qy, kx - qx)
                      : torch::zeros({kWindowHeads}, torch::kFloat64);
    });
    const auto x = random_tokens(height, width);
    EXPECT_TRUE(torch::allclose(attention->forward(x), dense_layer(*attention, x, bias), 1e-9, 1e-10)) << x.sizes();
  }
}

// The steps from `query` to `key` along one axis, or nothing where the neighborhood does not hold the key.
std::optional<int64_t> neighbor_steps(int64_t query, int64_t key, int64_t size, int64_t kernel, int64_t dilation) {
  if (query % dilation != key % dilation) return std::nullopt;
  const int64_t members = (size - query % dilation + dilation - 1) / dilation;
  const int64_t low = std::clamp<int64_t>(query / dilation - kernel / 2, 0, std::max<int64_t>(0, members - kernel));
  const int64_t steps = key / dilation - low;
  if (steps < 0 || steps >= kernel) return std::nullopt;
  return key / dilation - query / dilation;
}

TEST(NeighborhoodTest, EachTokenSeesItsNearestOnes) {
  torch::manual_seed(test::test_seed());
  for (const int64_t dilation : {1, 2, 3}) {
    const int64_t kernel = 3, height = test::random_int(5, 9), width = test::random_int(1, 8);
    const auto attention =
        test::random_attention({{"type", "neighborhood"}, {"kernel", kernel}, {"dilation", dilation}},
                               {.embed_dim = kWindowDim, .num_heads = kWindowHeads, .block = 1});
    const auto bias = dense_bias(height, width, kWindowHeads, [&](int64_t qy, int64_t qx, int64_t ky, int64_t kx) {
      const auto dy = neighbor_steps(qy, ky, height, kernel, dilation),
                 dx = neighbor_steps(qx, kx, width, kernel, dilation);
      return dy && dx ? table_entry(parameter_of(*attention, "bias"), kernel, *dy, *dx) : unseen(kWindowHeads);
    });
    const auto x = random_tokens(height, width);
    EXPECT_TRUE(torch::allclose(attention->forward(x), dense_layer(*attention, x, bias), 1e-9, 1e-10))
        << x.sizes() << ", dilation " << dilation;
  }
}

TEST(NeighborhoodTest, EvenBlocksAreNotDilated) {
  torch::manual_seed(test::test_seed());
  const AttentionShape shape{.embed_dim = kWindowDim, .num_heads = kWindowHeads};
  const auto dilated = test::random_attention({{"type", "neighborhood"}, {"kernel", 3}, {"dilation", 2}}, shape);
  const auto plain = make_attention({{"type", "neighborhood"}, {"kernel", 3}}, shape, "test");
  plain->to(torch::kFloat64);
  torch::NoGradGuard no_grad;
  for (auto& parameter : plain->named_parameters()) parameter->copy_(parameter_of(*dilated, parameter.key()));
  const auto x = random_tokens(6, 7);
  EXPECT_TRUE(dilated->forward(x).equal(plain->forward(x)));
}

// One level of MANO before the output projection, (B, H, W, C).
torch::Tensor dense_mano_level(const Attention& attention, const torch::Tensor& x, int64_t window) {
  const int64_t height = x.size(1), width = x.size(2);
  const auto bias = dense_bias(height, width, kWindowHeads, [&](int64_t qy, int64_t qx, int64_t ky, int64_t kx) {
    const bool seen = qy / window == ky / window && qx / window == kx / window;
    return seen ? table_entry(parameter_of(attention, "bias"), window, ky - qy, kx - qx) : unseen(kWindowHeads);
  });
  const auto tokens = dense_tokens(attention, x, kWindowHeads);
  const auto weights = torch::softmax(torch::matmul(tokens.q, tokens.k.transpose(-1, -2)) + bias, -1);
  return torch::matmul(weights, tokens.v).transpose(1, 2).reshape(x.sizes());
}

TEST(ManoTest, SumsWindowedAttentionOverTheScales) {
  torch::manual_seed(test::test_seed());
  const int64_t window = 2, height = test::random_int(5, 8), width = test::random_int(5, 8),
                even_y = height + height % 2, even_x = width + width % 2;
  const auto attention = test::random_attention({{"type", "mano"}, {"window", window}, {"levels", 2}},
                                                {.embed_dim = kWindowDim, .num_heads = kWindowHeads, .grid_size = 8});
  const auto x = random_tokens(height, width);
  const auto filled = torch::constant_pad_nd(x, {0, 0, 0, even_x - width, 0, even_y - height}, 0).permute({0, 3, 1, 2});
  // (out, 4 in) by patches -> (out, in, 2, 2), and (4 out, in) -> (in, out, 2, 2)
  const auto down = parameter_of(*attention, "down.weight").view({kWindowDim, 2, 2, kWindowDim}).permute({0, 3, 1, 2});
  const auto up = parameter_of(*attention, "up.weight").view({2, 2, kWindowDim, kWindowDim}).permute({3, 2, 0, 1});
  const auto coarse = torch::conv2d(filled, down, parameter_of(*attention, "down.bias"), 2).permute({0, 2, 3, 1});
  const auto coarse_out = dense_mano_level(*attention, coarse, window).permute({0, 3, 1, 2});
  // the bias of `up` differs from place to place of a patch
  const auto up_bias = parameter_of(*attention, "up.bias").view({2, 2, kWindowDim}).permute({2, 0, 1});
  const auto raised = torch::conv_transpose2d(coarse_out, up, {}, 2) + up_bias.repeat({1, even_y / 2, even_x / 2});
  const auto sum =
      dense_mano_level(*attention, x, window) + raised.permute({0, 2, 3, 1}).narrow(1, 0, height).narrow(2, 0, width);
  EXPECT_TRUE(torch::allclose(attention->forward(x), test::apply_linear(*attention, "proj", sum), 1e-9, 1e-10))
      << x.sizes();
}

}  // namespace
}  // namespace multipole
