#pragma once

#include "audio/block.hpp"
#include "audio/gain_ramp.hpp"
#include "audio/limiter.hpp"
#include "base/state_io.hpp"
#include "mixer/detail/contribution.hpp"

namespace shelcaster::mixer::detail {

/// What one on-air person hears: the programme sum without themselves, limited. Goes over from and
/// to the programme without a click, and never lets the person hear the end of their own voice:
/// when they leave the air, their own return is kept until the programme is free of it.
class OwnReturn {
 public:
  OwnReturn();

  /// A new person in this seat, who has heard nothing yet.
  void start() noexcept;

  /// Once a block, before render(). `previous_sum` primes the limiter's look-ahead.
  void update(bool wants_own, const audio::StereoBlock& previous_sum) noexcept;
  [[nodiscard]] bool is_needed() const noexcept { return is_needed_; }
  /// True if for somebody still on the air another block of silence would change nothing: neither
  /// update() nor render() need be called for it.
  [[nodiscard]] bool is_idle() const noexcept { return is_needed_ && is_silent_; }

  /// `out` is the same block each time. `is_silence`: nobody has put anything into `sum`.
  void render(const audio::StereoBlock& sum, bool is_silence, const Contribution& own,
              const audio::StereoBlock& programme, audio::StereoBlock& out) noexcept;

  /// What restored it goes on to the same bits; the block that render() fills is then to hold
  /// zeros.
  void save(base::StateWriter& to) const noexcept;
  void restore(base::StateReader& from) noexcept;

 private:
  audio::Limiter limiter_;
  audio::GainRamp blend_{0.0F};  // 0 programme, 1 own
  int hold_blocks_left_ = 0;
  bool is_new_ = true;
  bool is_needed_ = false;
  bool is_silent_ = false;  // `out` is zeros
};

}  // namespace shelcaster::mixer::detail
