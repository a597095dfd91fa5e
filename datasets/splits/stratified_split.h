// Seeded cuts of labelled samples, each class by itself, so that the parts have the classes in the same shares.
#pragma once

#include <cstdint>
#include <vector>

namespace multipole {

// Which samples are held out: of each class a random round(fraction * n), at least one and at most n - 1; none of a
// class of one sample. The same for the same labels, fraction and seed, on every machine.
std::vector<bool> held_out_part(const std::vector<int64_t>& labels, double fraction, uint64_t seed);

// The fold of every sample, 0 .. num_folds - 1: each class is shuffled and dealt out in turn, and the next class goes
// on where the last one stopped, so that the folds of a class, and the folds themselves, differ by at most one sample.
std::vector<int64_t> stratified_folds(const std::vector<int64_t>& labels, int64_t num_folds, uint64_t seed);

}  // namespace multipole
