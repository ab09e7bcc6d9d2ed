#pragma once

#include <cstdint>

#include "audio/block.hpp"
#include "audio/gain_ramp.hpp"
#include "audio/level_meter.hpp"
#include "mixer/engine.hpp"

namespace shelcaster::mixer::detail {

/// One channel strip: input → cleaning → meter → fader, mute and on-air in one ramp → contribution
/// to the programme. No step in its input or its controls makes a step in its contribution.
class Strip {
 public:
  enum class Phase { kFree, kActive, kLeaving };

  void start(StripKind kind, float bus_gain) noexcept;
  void leave() noexcept;
  void set_gain(float linear) noexcept;
  void set_bus_gain(float linear) noexcept;
  void set_on_air(bool on_air) noexcept;
  void set_muted(bool muted) noexcept;

  [[nodiscard]] Phase phase() const noexcept { return phase_; }
  [[nodiscard]] StripKind kind() const noexcept { return kind_; }
  /// A host or caller on the air; mute makes no difference.
  [[nodiscard]] bool wants_own_return() const noexcept {
    return phase_ == Phase::kActive && on_air_ && kind_ != StripKind::kDeck;
  }

  /// Takes one block (nullptr is silence). True if contribution() is more than silence.
  bool process(const audio::StereoBlock* input) noexcept;
  [[nodiscard]] const audio::StereoBlock& contribution() const noexcept { return contribution_; }
  [[nodiscard]] Levels levels() const noexcept;
  [[nodiscard]] std::uint64_t cleaned_samples() const noexcept { return cleaned_samples_; }

 private:
  void retarget() noexcept;
  [[nodiscard]] bool take_input(const audio::StereoBlock* input) noexcept;
  [[nodiscard]] bool add_ghost() noexcept;

  Phase phase_ = Phase::kFree;
  StripKind kind_ = StripKind::kCaller;
  float gain_ = 1.0F;
  float bus_gain_ = 1.0F;
  bool on_air_ = false;
  bool muted_ = false;
  int leaving_blocks_left_ = 0;

  audio::GainRamp send_{0.0F};
  audio::GainRamp entry_{0.0F};  // opens when an input appears
  bool had_input_ = false;
  audio::LevelMeter meter_;
  std::uint64_t cleaned_samples_ = 0;
  // The last sound of a strip that was replaced while it could be heard; dies away in one block.
  float ghost_left_ = 0.0F;
  float ghost_right_ = 0.0F;
  audio::StereoBlock signal_{};
  audio::StereoBlock contribution_{};
};

}  // namespace shelcaster::mixer::detail
