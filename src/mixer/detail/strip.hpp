#pragma once

#include <cstdint>
#include <memory>

#include "audio/block.hpp"
#include "audio/gain_ramp.hpp"
#include "audio/level_meter.hpp"
#include "base/state_io.hpp"
#include "mixer/detail/balance.hpp"
#include "mixer/detail/contribution.hpp"
#include "mixer/engine.hpp"

namespace shelcaster::mixer::detail {

/// One channel strip: input → cleaning → meter → pan → fader, mute and on-air in one ramp →
/// contribution to the programme. No step in its input or its controls makes a step in its
/// contribution.
class Strip {
 public:
  enum class Phase { kFree, kActive, kLeaving };

  void start(StripKind kind, float bus_gain) noexcept;
  void leave() noexcept;
  /// Held to their limits; one that is not a number leaves what was.
  void set_controls(const StripControls& controls) noexcept;
  void set_bus_gain(float linear) noexcept;
  void set_on_air(bool on_air) noexcept;

  [[nodiscard]] Phase phase() const noexcept { return phase_; }
  [[nodiscard]] StripKind kind() const noexcept { return kind_; }
  /// A host or caller on the air; mute makes no difference.
  [[nodiscard]] bool wants_own_return() const noexcept {
    return phase_ == Phase::kActive && on_air_ && kind_ != StripKind::kDeck;
  }

  /// True if another block of silence would change nothing, levels() included.
  [[nodiscard]] bool is_idle() const noexcept { return is_idle_; }
  /// Takes one block (nullptr is silence). The contribution holds as long as the block does, and
  /// until the next call.
  Contribution process(const audio::StereoBlock* input) noexcept;
  [[nodiscard]] Levels levels() const noexcept;
  [[nodiscard]] std::uint64_t cleaned_samples() const noexcept { return cleaned_samples_; }

  /// What restored it goes on to the same bits.
  void save(base::StateWriter& to) const noexcept;
  void restore(base::StateReader& from) noexcept;

 private:
  /// The last frame of a sound.
  struct Ending {
    float left = 0.0F;
    float right = 0.0F;
    [[nodiscard]] bool is_silent() const noexcept { return left == 0.0F && right == 0.0F; }
  };

  void retarget() noexcept;
  [[nodiscard]] const audio::StereoBlock* take_input(const audio::StereoBlock* input) noexcept;
  [[nodiscard]] const audio::StereoBlock* let_input_end() noexcept;
  [[nodiscard]] Contribution send(const audio::StereoBlock* signal) noexcept;
  [[nodiscard]] Contribution with_ghost(const Contribution& contribution) noexcept;

  Phase phase_ = Phase::kFree;
  StripKind kind_ = StripKind::kCaller;
  StripControls controls_;
  float bus_gain_ = 1.0F;
  bool on_air_ = false;
  int leaving_blocks_left_ = 0;

  Balance balance_;
  audio::GainRamp send_{0.0F};
  bool had_input_ = false;
  audio::LevelMeter meter_;
  std::uint64_t cleaned_samples_ = 0;
  Ending signal_end_;        // before pan and fader
  Ending contribution_end_;  // after it
  // The last sound of a strip that was replaced while it could be heard; dies away in one block.
  Ending ghost_;
  bool is_idle_ = false;
  // What is not simply the input at a steady gain. Apart, so that the desk's strips lie close
  // together in memory.
  std::unique_ptr<audio::StereoBlock> scratch_ = std::make_unique<audio::StereoBlock>();
};

}  // namespace shelcaster::mixer::detail
