#pragma once

#include <cstddef>

#include "audio/block.hpp"

namespace shelcaster::mixer::detail {

/// What a strip puts into the programme in one block: `samples` times `gain`, or silence (nullptr).
/// Kept as that and not as a block of products, since most strips are an input at a steady gain.
/// Wherever it is used the same products come out.
struct Contribution {
  const audio::StereoBlock* samples = nullptr;
  float gain = 1.0F;
};

inline void add(const Contribution& contribution, audio::StereoBlock& sum) noexcept {
  const float* __restrict from = contribution.samples->data();
  float* __restrict to = sum.data();
  for (std::size_t i = 0; i < audio::kBlockSamples; ++i) to[i] += contribution.gain * from[i];
}

/// `difference` = sum − contribution: of that stays only the rounding of the sum, −140 dB.
inline void subtract(const Contribution& contribution, const audio::StereoBlock& sum,
                     audio::StereoBlock& difference) noexcept {
  const float* __restrict from = contribution.samples->data();
  const float* __restrict whole = sum.data();
  float* __restrict to = difference.data();
  for (std::size_t i = 0; i < audio::kBlockSamples; ++i) {
    to[i] = whole[i] - contribution.gain * from[i];
  }
}

}  // namespace shelcaster::mixer::detail
