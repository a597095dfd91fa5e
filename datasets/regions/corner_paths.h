// Pieces of outlines that grow at both ends until they close. A piece is a chain of corners; who holds one of its ends
// adds corners there, and joining two pieces costs the same however long they are.
#pragma once

#include <cstdint>

#include "datasets/regions/chunked_pool.h"
#include "datasets/regions/region.h"

namespace multipole {

class CornerPaths {
 public:
  using End = uint32_t;   // of an open piece
  using Ring = uint32_t;  // a closed one
  static constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();

  // `shared`: the outline may come through this corner twice.
  struct Turn {
    PixelCorner corner;
    bool shared = false;
  };
  struct Ends {
    End first, last;
  };

  // A piece of one corner.
  Ends start(const Turn& turn);
  void append(End last, const Turn& turn);
  void prepend(End first, const Turn& turn);
  // What ends with `last` goes on with what begins with `first`; both ends are used up. The ring where they are of one
  // piece, which is closed by it, else kNone.
  Ring join(End last, End first);

  // The corners of a ring, which is forgotten. A ring that comes through a corner twice is split there, into rings that
  // do not touch themselves. Adds them to `rings`.
  void take(Ring ring, std::vector<CornerRing>& rings);

 private:
  struct Node {
    uint32_t x : 31, shared : 1;
    uint32_t y, next;
  };
  struct EndRecord {
    uint32_t node, other;  // the corner at this end; the other end of the piece
  };

  uint32_t add_node(const Turn& turn, uint32_t next);

  ChunkedPool<Node> nodes_;
  ChunkedPool<EndRecord> ends_;
};

}  // namespace multipole
