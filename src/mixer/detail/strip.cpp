#include "mixer/detail/strip.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace shelcaster::mixer::detail {
namespace {

constexpr int kDeclickFrames = 240;  // 5 ms
constexpr float kLoudest = 8.0F;     // +18 dBFS: nothing honest is beyond

bool is_fit(const audio::BlockLevel& level) noexcept {
  return level.peak <= kLoudest && std::isfinite(level.left_power + level.right_power);
}

/// Copies with everything unfit to mix made fit. Returns how many samples were not.
std::uint64_t copy_cleaned(const audio::StereoBlock& in, audio::StereoBlock& out) noexcept {
  std::uint64_t unfit = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    out[i] = in[i];
    if (std::fabs(in[i]) <= kLoudest) continue;  // false for what is not a number
    ++unfit;
    out[i] = std::isfinite(in[i]) ? std::copysign(kLoudest, in[i]) : 0.0F;
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

void add_falling(float left, float right, audio::StereoBlock& to) noexcept {
  for (std::size_t i = 0; i < falling().size(); ++i) {
    to[2 * i] += left * falling()[i];
    to[2 * i + 1] += right * falling()[i];
  }
}

}  // namespace

void Strip::start(StripKind kind, float bus_gain) noexcept {
  is_idle_ = false;
  ghost_.left += contribution_end_.left;
  ghost_.right += contribution_end_.right;
  contribution_end_ = signal_end_ = {};
  phase_ = Phase::kActive;
  kind_ = kind;
  controls_ = {};
  balance_ = {};
  bus_gain_ = bus_gain;
  on_air_ = kind == StripKind::kDeck;
  send_ = audio::GainRamp(0.0F);
  had_input_ = false;
  meter_.reset();
  retarget();
}

void Strip::leave() noexcept {
  if (phase_ != Phase::kActive) return;
  phase_ = Phase::kLeaving;
  leaving_blocks_left_ = kRampFrames / audio::kBlockFrames;
  retarget();
}

void Strip::set_controls(const StripControls& controls) noexcept {
  controls_.is_muted = controls.is_muted;
  if (!std::isnan(controls.gain)) controls_.gain = std::clamp(controls.gain, 0.0F, kGainMax);
  if (!std::isnan(controls.pan)) controls_.pan = std::clamp(controls.pan, -1.0F, 1.0F);
  balance_.set(controls_.pan);
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

void Strip::retarget() noexcept {
  is_idle_ = false;
  const bool is_heard = phase_ == Phase::kActive && on_air_ && !controls_.is_muted;
  send_.set_target(is_heard ? controls_.gain * bus_gain_ : 0.0F, kRampFrames);
}

const audio::StereoBlock* Strip::take_input(const audio::StereoBlock* input) noexcept {
  if (input == nullptr) return let_input_end();
  const audio::StereoBlock* signal = input;
  audio::BlockLevel level = audio::measure(*input);
  if (!is_fit(level)) {
    cleaned_samples_ += copy_cleaned(*input, *scratch_);
    signal = scratch_.get();
    level = audio::measure(*scratch_);
  }
  meter_.process(level);
  if (!had_input_) {
    had_input_ = true;
    if (signal != scratch_.get()) *scratch_ = *signal;
    signal = scratch_.get();
    for (std::size_t i = 0; i < falling().size(); ++i) {
      (*scratch_)[2 * i] *= 1.0F - falling()[i];
      (*scratch_)[2 * i + 1] *= 1.0F - falling()[i];
    }
  }
  signal_end_ = {signal->end()[-2], signal->end()[-1]};
  return level.peak == 0.0F ? nullptr : signal;
}

/// When the input breaks off its last value dies away instead of dropping to zero.
const audio::StereoBlock* Strip::let_input_end() noexcept {
  meter_.process_silence();
  had_input_ = false;
  if (signal_end_.is_silent()) return nullptr;
  scratch_->fill(0.0F);
  add_falling(signal_end_.left, signal_end_.right, *scratch_);
  signal_end_ = {};
  return scratch_.get();
}

Contribution Strip::send(const audio::StereoBlock* signal) noexcept {
  const bool is_steady = send_.is_steady();
  if (signal == nullptr || (is_steady && send_.current() == 0.0F)) {
    if (!is_steady) send_.skip(audio::kBlockFrames);
    balance_.skip(audio::kBlockFrames);
    return {};
  }
  if (is_steady && balance_.is_centred()) return {.samples = signal, .gain = send_.current()};
  if (signal != scratch_.get()) *scratch_ = *signal;
  balance_.process(*scratch_);
  if (is_steady) return {.samples = scratch_.get(), .gain = send_.current()};
  send_.process(*scratch_);
  return {.samples = scratch_.get(), .gain = 1.0F};
}

Contribution Strip::with_ghost(const Contribution& contribution) noexcept {
  if (contribution.samples == nullptr) {
    scratch_->fill(0.0F);
  } else {
    const audio::StereoBlock& samples = *contribution.samples;
    for (std::size_t i = 0; i < samples.size(); ++i)
      (*scratch_)[i] = contribution.gain * samples[i];
  }
  add_falling(ghost_.left, ghost_.right, *scratch_);
  ghost_ = {};
  return {.samples = scratch_.get(), .gain = 1.0F};
}

Contribution Strip::process(const audio::StereoBlock* input) noexcept {
  Contribution contribution = send(take_input(input));
  if (!ghost_.is_silent()) contribution = with_ghost(contribution);
  contribution_end_ = {};
  if (const audio::StereoBlock* samples = contribution.samples; samples != nullptr) {
    contribution_end_ = {contribution.gain * samples->end()[-2],
                         contribution.gain * samples->end()[-1]};
  }
  if (phase_ == Phase::kLeaving && --leaving_blocks_left_ <= 0) {
    phase_ = Phase::kFree;
    had_input_ = false;
    signal_end_ = contribution_end_ = {};
    meter_.reset();
  }
  is_idle_ = contribution.samples == nullptr && signal_end_.is_silent() && !had_input_ &&
             send_.is_steady() && balance_.is_steady() && meter_.is_at_rest() &&
             phase_ == Phase::kActive;
  return contribution;
}

void Strip::save(base::StateWriter& to) const noexcept {
  to.put(phase_);
  to.put(kind_);
  to.put(controls_.gain);
  to.put(bus_gain_);
  to.put(on_air_);
  to.put(controls_.is_muted);
  to.put(controls_.pan);
  to.put(leaving_blocks_left_);
  to.put(balance_);
  to.put(send_);
  to.put(had_input_);
  to.put(meter_);
  to.put(cleaned_samples_);
  to.put(signal_end_);
  to.put(contribution_end_);
  to.put(ghost_);
  to.put(is_idle_);
}

void Strip::restore(base::StateReader& from) noexcept {
  from.get(phase_);
  from.get(kind_);
  from.get(controls_.gain);
  from.get(bus_gain_);
  from.get(on_air_);
  from.get(controls_.is_muted);
  from.get(controls_.pan);
  from.get(leaving_blocks_left_);
  from.get(balance_);
  from.get(send_);
  from.get(had_input_);
  from.get(meter_);
  from.get(cleaned_samples_);
  from.get(signal_end_);
  from.get(contribution_end_);
  from.get(ghost_);
  from.get(is_idle_);
}

Levels Strip::levels() const noexcept {
  if (meter_.is_at_rest()) return {};
  return {.peak_db = meter_.peak_db(), .rms_db = meter_.rms_db(), .clip = meter_.clip()};
}

}  // namespace shelcaster::mixer::detail
