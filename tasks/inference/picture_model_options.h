// How a model file is put to work on pictures.
#pragma once

#include <cstdint>
#include <string>

#include "datasets/codecs/image_decode.h"

namespace multipole {

struct PictureModelOptions {
  std::string device = "auto";     // auto (CUDA where there is one), cpu or cuda
  std::string precision = "auto";  // float32, bfloat16, or auto: the faster one, see expected_pictures
  int threads = 0;                 // CPU threads of a call; 0: as many as the calling thread's work takes anyway
  int64_t batch_size = 64;         // pictures that pass through the model at a time
  DecodeOptions decode = {};       // what is read of picture files, and up to which size
  int64_t image_size = 0;          // side in pixels of what the model sees of a picture; 0: the model file's own
  int64_t local_rank = 0;          // which of several GPUs, where processes share the machine
  int64_t expected_pictures = 0;   // how many there will be to answer, for precision "auto" (precision_choice.h): few
                                   // or none given take float32 on a CPU; a GPU computes in bfloat16
  std::string attention = {};      // another attention in a vit (engine/weights/attention_swap.h); "": its own
};

}  // namespace multipole
