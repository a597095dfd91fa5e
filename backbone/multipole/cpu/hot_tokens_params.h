// How much attention the tokens of each image and head get from mean queries: what hot_tokens2d
// (backbone/multipole/op.h) chooses by.
#pragma once

#include <cstdint>

#include "backbone/multipole/cpu/storage.h"

namespace multipole::cpu {

struct HotTokensParams {
  int64_t height, width, head_dim;
  int64_t rows, columns;  // areas that queries are averaged over
  float scale;
  Storage storage;
  TokenView q, k;
  TokenView mass;  // of floats; no data: 1 for every token. A token of mass 0 or less is not there
};

// Keys that are weighed together, and the most mean queries.
constexpr int64_t kHotBlock = 64;
constexpr int64_t kMostAreas = 64;

// Scratch memory of one thread. A row is head_dim padded to a multiple of 16 floats; `places` is height * width padded
// to a multiple of kHotBlock, `blocks` is places / kHotBlock.
struct HotTokensScratch {
  float* queries;    // (kMostAreas, row)
  float* tiles;      // (kMostAreas / width, row, width)
  float* keys;       // (kHotBlock, row)
  float* weights;    // (blocks, kMostAreas / width, kHotBlock, width)
  float* largest;    // (blocks, kMostAreas)
  float* totals;     // (blocks, kMostAreas)
  float* bias;       // (places): log2 of the masses of the tokens that are there
  int64_t* offset;   // (kHotBlock + 8): of the rows of keys
  int64_t* place;    // (places): which tokens are there
  int64_t* element;  // (places): their elements of k
};

}  // namespace multipole::cpu
