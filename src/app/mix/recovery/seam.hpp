#pragma once

#include <array>

#include "audio/block.hpp"
#include "audio/tail.hpp"
#include "base/time.hpp"
#include "tape/tape.hpp"

namespace shelcaster::app {

/// Left and right.
using Frame = std::array<float, audio::kChannels>;

inline Frame last_frame_of(const audio::StereoBlock& block) {
  return {block[block.size() - 2], block[block.size() - 1]};
}

/// Where a mixer goes on from the tape of another one. What it renders again up to the tape's head
/// is as a rule what stands there, and then nothing is done. Where it is not (what began just then
/// begins in another block, or nothing was left to go on from), the difference at the head dies
/// away in 5 ms. One owner; allocates nothing.
class Seam {
 public:
  explicit Seam(const tape::TapeWriter& tape) noexcept
      : head_(tape.head()), taped_(tape.last_frame()) {}

  /// The last frame that the other one remembers.
  void note_rendered(const Frame& last) noexcept { rendered_ = last; }
  /// To be given each block of the programme in turn, before it is written at `at`.
  void smooth(base::SampleTime at, audio::StereoBlock& programme) noexcept {
    if (at > head_) return;
    if (at < head_) {
      rendered_ = last_frame_of(programme);
    } else if (rendered_ != taped_) {
      audio::Tail tail;
      tail.begin(taped_[0] - rendered_[0], taped_[1] - rendered_[1]);
      (void)tail.add_to(programme, 0);
    }
  }

 private:
  base::SampleTime head_;
  Frame taped_;
  Frame rendered_{};  // the last one before the head
};

}  // namespace shelcaster::app
