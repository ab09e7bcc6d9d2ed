#include "mixer/detail/strip.hpp"

#include <array>
#include <cmath>
#include <cstddef>

namespace shelcaster::mixer::detail {
namespace {

constexpr int kDeclickFrames = 240;  // 5 ms
constexpr float kLoudest = 8.0F;     // +18 dBFS: nothing honest is beyond
constexpr float kFaintest = 1e-15F;  // far above the denormals

/// Copies with everything unfit to mix made fit. Returns how many samples were not.
std::size_t copy_cleaned(const audio::StereoBlock& in, audio::StereoBlock& out) noexcept {
  std::uint32_t unfit = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const float magnitude = std::fabs(in[i]);
    unfit += magnitude <= kLoudest ? 0U : 1U;  // NaN compares false: unfit
    out[i] = magnitude >= kFaintest ? in[i] : 0.0F;
  }
  if (unfit == 0) return 0;
  for (float& sample : out) {
    if (!std::isfinite(sample)) {
      sample = 0.0F;
    } else if (std::fabs(sample) > kLoudest) {
      sample = std::copysign(kLoudest, sample);
    }
  }
  return unfit;
}

/// 1 falling to 0 over kDeclickFrames, level at both ends.
const std::array<float, kDeclickFrames>& falling() noexcept {
  static constexpr auto kCurve = [] {
    std::array<float, kDeclickFrames> curve{};
    for (std::size_t i = 0; i < curve.size(); ++i) {
      const float t = static_cast<float>(i + 1) / kDeclickFrames;
      curve[i] = 1.0F - t * t * (3.0F - 2.0F * t);
    }
    return curve;
  }();
  return kCurve;
}

}  // namespace

void Strip::start(StripKind kind, float bus_gain) noexcept {
  if (phase_ != Phase::kFree) {
    ghost_left_ = contribution_[audio::kBlockSamples - 2];
    ghost_right_ = contribution_[audio::kBlockSamples - 1];
  }
  phase_ = Phase::kActive;
  kind_ = kind;
  gain_ = 1.0F;
  bus_gain_ = bus_gain;
  on_air_ = kind == StripKind::kDeck;
  muted_ = false;
  send_ = audio::GainRamp(0.0F);
  entry_ = audio::GainRamp(0.0F);
  had_input_ = false;
  signal_.fill(0.0F);
  contribution_.fill(0.0F);
  meter_.reset();
  retarget();
}

void Strip::leave() noexcept {
  if (phase_ != Phase::kActive) return;
  phase_ = Phase::kLeaving;
  leaving_blocks_left_ = kRampFrames / audio::kBlockFrames;
  retarget();
}

void Strip::set_gain(float linear) noexcept {
  gain_ = linear;
  retarget();
}
void Strip::set_bus_gain(float linear) noexcept {
  bus_gain_ = linear;
  retarget();
}
void Strip::set_on_air(bool on_air) noexcept {
  on_air_ = on_air;
  retarget();
}
void Strip::set_muted(bool muted) noexcept {
  muted_ = muted;
  retarget();
}

void Strip::retarget() noexcept {
  const bool is_heard = phase_ == Phase::kActive && on_air_ && !muted_;
  send_.set_target(is_heard ? gain_ * bus_gain_ : 0.0F, kRampFrames);
}

bool Strip::take_input(const audio::StereoBlock* input) noexcept {
  if (input != nullptr) {
    cleaned_samples_ += copy_cleaned(*input, signal_);
    if (!had_input_) {
      entry_ = audio::GainRamp(0.0F);
      entry_.set_target(1.0F, kDeclickFrames);
    }
    entry_.process(signal_);
    had_input_ = true;
    meter_.process(signal_);
    return true;
  }
  if (!had_input_) {
    meter_.process_silence();
    return false;
  }
  // The input broke off: its last value dies away instead of dropping to zero.
  had_input_ = false;
  const float left = signal_[audio::kBlockSamples - 2];
  const float right = signal_[audio::kBlockSamples - 1];
  signal_.fill(0.0F);
  for (std::size_t i = 0; i < falling().size(); ++i) {
    signal_[2 * i] = left * falling()[i];
    signal_[2 * i + 1] = right * falling()[i];
  }
  meter_.process(signal_);
  return true;
}

bool Strip::add_ghost() noexcept {
  if (ghost_left_ == 0.0F && ghost_right_ == 0.0F) return false;
  for (std::size_t i = 0; i < falling().size(); ++i) {
    contribution_[2 * i] += ghost_left_ * falling()[i];
    contribution_[2 * i + 1] += ghost_right_ * falling()[i];
  }
  ghost_left_ = ghost_right_ = 0.0F;
  return true;
}

bool Strip::process(const audio::StereoBlock* input) noexcept {
  const bool has_signal = take_input(input);
  const bool is_closed = send_.is_steady() && send_.current() == 0.0F;
  bool is_heard = has_signal && !is_closed;
  if (is_heard) {
    contribution_ = signal_;
    send_.process(contribution_);
  } else {
    contribution_.fill(0.0F);
    if (!is_closed) {
      std::array<float, audio::kBlockFrames> unheard;
      send_.fill(unheard);
    }
  }
  is_heard = add_ghost() || is_heard;
  if (phase_ == Phase::kLeaving && --leaving_blocks_left_ <= 0) {
    phase_ = Phase::kFree;
    had_input_ = false;
    meter_.reset();
  }
  return is_heard;
}

Levels Strip::levels() const noexcept {
  if (phase_ == Phase::kFree) return {};
  return {.peak_db = meter_.peak_db(), .rms_db = meter_.rms_db(), .clip = meter_.clip()};
}

}  // namespace shelcaster::mixer::detail
