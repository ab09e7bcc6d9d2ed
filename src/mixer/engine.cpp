#include "mixer/engine.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "audio/compressor.hpp"
#include "audio/flush_denormals.hpp"
#include "audio/gain_ramp.hpp"
#include "audio/level_meter.hpp"
#include "audio/limiter.hpp"
#include "audio/loudness_meter.hpp"
#include "mixer/detail/own_return.hpp"
#include "mixer/detail/strip.hpp"

namespace shelcaster::mixer {
namespace {

using audio::StereoBlock;
using detail::Contribution;
using detail::OwnReturn;
using detail::Strip;

constexpr int kMasterLookAheadFrames =
    kProgrammeLatencyFrames - audio::detail::TruePeakDetector::kDelayFrames;

/// Ends the list of strips in a saved state.
constexpr std::int32_t kNoStrip = -1;

float held_gain(float linear) noexcept { return std::clamp(linear, 0.0F, kGainMax); }

}  // namespace

struct Engine::State {
  explicit State(const EngineLimits& limits)
      : count(static_cast<std::size_t>(std::max(limits.strips_max, 0))),
        strips(count),
        own_returns(count),
        is_in_use(std::make_unique<bool[]>(count)),
        contributions(count),
        mix_minus(count),
        has_own_return(std::make_unique<bool[]>(count)),
        strip_levels(count),
        limiter(audio::PeakDetection::kTruePeak, kMasterLookAheadFrames, {}) {}

  Strip* find(StripId id) noexcept {
    const auto index = static_cast<std::size_t>(id.index);
    if (id.index < 0 || index >= count) return nullptr;
    Strip& strip = strips[index];
    return strip.phase() == Strip::Phase::kActive ? &strip : nullptr;
  }

  void do_command(const AddStrip& c) noexcept;
  void do_command(const RemoveStrip& c) noexcept;
  void do_command(const SetStrip& c) noexcept;
  void do_command(const SetOnAir& c) noexcept;
  void do_command(const SetBusGain& c) noexcept;
  void do_command(const SetMasterGain& c) noexcept;
  void do_command(const SetCompressor& c) noexcept;
  void do_command(const SetLimiter& c) noexcept;
  void do_command(const FadeOut& c) noexcept;

  void sum_strips(std::span<const StripInput> inputs) noexcept;
  void render_programme(StereoBlock& programme) noexcept;
  void render_returns(const StereoBlock& programme) noexcept;
  void fade(StereoBlock& programme) noexcept;
  void measure(const StereoBlock& programme) noexcept;

  std::size_t count;
  std::vector<Strip> strips;
  std::vector<OwnReturn> own_returns;
  // Has a strip or a return that is not over yet. Apart from them, so that the rest of an empty
  // desk's memory is never touched.
  std::unique_ptr<bool[]> is_in_use;
  std::vector<Contribution> contributions;
  std::vector<StereoBlock> mix_minus;
  std::unique_ptr<bool[]> has_own_return;
  std::vector<Levels> strip_levels;

  std::array<float, kStripKinds> bus_gains{1.0F, 0.8F, 0.3F};
  std::array<StereoBlock, 2> sums{};  // of this block and the one before, in turn
  StereoBlock* sum = &sums[0];
  StereoBlock* previous_sum = &sums[1];
  bool is_sum_silent = true;
  bool is_programme_silent = true;
  audio::GainRamp master_gain{1.0F};
  audio::Compressor compressor;
  audio::Limiter limiter;
  audio::GainRamp fade_gain{1.0F};
  audio::LevelMeter master_meter;
  audio::LoudnessMeter loudness;
  base::SampleTime rendered_at;
};

void Engine::State::do_command(const AddStrip& c) noexcept {
  const auto index = static_cast<std::size_t>(c.strip.index);
  if (c.strip.index < 0 || index >= count) return;
  strips[index].start(c.kind, bus_gains[static_cast<std::size_t>(c.kind)]);
  own_returns[index].start();
  is_in_use[index] = true;
}

void Engine::State::do_command(const RemoveStrip& c) noexcept {
  if (Strip* strip = find(c.strip)) strip->leave();
}

void Engine::State::do_command(const SetStrip& c) noexcept {
  if (Strip* strip = find(c.strip)) strip->set_controls(c.controls);
}

void Engine::State::do_command(const SetOnAir& c) noexcept {
  if (Strip* strip = find(c.strip)) strip->set_on_air(c.on_air);
}

void Engine::State::do_command(const SetBusGain& c) noexcept {
  if (std::isnan(c.linear)) return;
  bus_gains[static_cast<std::size_t>(c.bus)] = held_gain(c.linear);
  for (Strip& strip : strips) {
    if (strip.kind() == c.bus) strip.set_bus_gain(held_gain(c.linear));
  }
}

void Engine::State::do_command(const SetMasterGain& c) noexcept {
  if (!std::isnan(c.linear)) master_gain.set_target(held_gain(c.linear), kRampFrames);
}

void Engine::State::do_command(const SetCompressor& c) noexcept {
  if (std::isnan(c.threshold_db) || std::isnan(c.ratio)) return;
  compressor.set({.enabled = c.enabled,
                  .threshold_db = std::clamp(c.threshold_db, -60.0F, 0.0F),
                  .ratio = std::clamp(c.ratio, 1.0F, 100.0F)});
}

void Engine::State::do_command(const SetLimiter& c) noexcept {
  if (std::isnan(c.ceiling_db)) return;
  limiter.set({.enabled = c.enabled, .ceiling_db = std::clamp(c.ceiling_db, -40.0F, 0.0F)});
}

void Engine::State::do_command(const FadeOut& c) noexcept {
  fade_gain.set_target(0.0F, std::max(c.frames, kRampFrames));
}

void Engine::State::sum_strips(std::span<const StripInput> inputs) noexcept {
  std::swap(sum, previous_sum);
  sum->fill(0.0F);
  is_sum_silent = true;
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_in_use[i]) continue;
    Strip& strip = strips[i];
    contributions[i] = {};
    const StereoBlock* const input = i < inputs.size() ? inputs[i].samples : nullptr;
    if (strip.phase() == Strip::Phase::kFree || (input == nullptr && strip.is_idle())) continue;
    contributions[i] = strip.process(input);
    strip_levels[i] = strip.levels();
    if (contributions[i].samples == nullptr) continue;
    add(contributions[i], *sum);
    is_sum_silent = false;
  }
}

void Engine::State::render_programme(StereoBlock& programme) noexcept {
  programme = *sum;
  is_programme_silent =
      is_sum_silent && master_gain.is_steady() && compressor.is_at_rest() && limiter.is_silent();
  if (is_programme_silent) return;
  master_gain.process(programme);
  compressor.process(programme);
  limiter.process(programme);
}

void Engine::State::render_returns(const StereoBlock& programme) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_in_use[i]) continue;
    OwnReturn& own_return = own_returns[i];
    const bool wants_own = strips[i].wants_own_return();
    if (is_sum_silent && wants_own && own_return.is_idle()) continue;
    own_return.update(wants_own, *previous_sum);
    has_own_return[i] = own_return.is_needed();
    if (has_own_return[i]) {
      own_return.render(*sum, is_sum_silent, contributions[i], programme, mix_minus[i]);
    }
    is_in_use[i] = has_own_return[i] || strips[i].phase() != Strip::Phase::kFree;
  }
}

void Engine::State::measure(const StereoBlock& programme) noexcept {
  if (is_programme_silent) {
    master_meter.process_silence();
    loudness.process_silence();
  } else {
    master_meter.process(programme);
    loudness.process(programme);
  }
}

void Engine::State::fade(StereoBlock& programme) noexcept {
  if (fade_gain.is_steady() && fade_gain.current() == 1.0F) return;
  std::array<float, audio::kBlockFrames> gains;
  fade_gain.fill(gains);
  const auto apply = [&gains](StereoBlock& block) {
    for (std::size_t i = 0; i < block.size(); ++i) block[i] *= gains[i / 2];
  };
  apply(programme);
  for (std::size_t i = 0; i < count; ++i) {
    if (has_own_return[i]) apply(mix_minus[i]);
  }
}

Engine::Engine(const EngineLimits& limits) : state_(std::make_unique<State>(limits)) {}
Engine::~Engine() = default;

void Engine::apply(const Command& command) noexcept {
  std::visit([this](const auto& c) { state_->do_command(c); }, command);
}

void Engine::render(base::SampleTime at, std::span<const StripInput> inputs,
                    Rendered& out) noexcept {
  const audio::FlushDenormals flush_denormals;
  State& s = *state_;
  s.rendered_at = at;
  s.sum_strips(inputs);
  s.render_programme(out.programme);
  s.render_returns(out.programme);
  s.fade(out.programme);
  s.measure(out.programme);

  out.mix_minus = s.mix_minus;
  out.has_own_return = {s.has_own_return.get(), s.count};
  out.strip_levels = s.strip_levels;
  out.master = {.peak_db = s.master_meter.peak_db(),
                .rms_db = s.master_meter.rms_db(),
                .clip = s.master_meter.clip()};
  out.momentary_lufs = s.loudness.momentary_lufs();
}

void Engine::save(base::StateWriter& to) const noexcept {
  const State& s = *state_;
  to.put(s.rendered_at);
  to.put(s.bus_gains);
  to.put(*s.sum);
  to.put(s.is_sum_silent);
  to.put(s.master_gain);
  to.put(s.compressor);
  s.limiter.save(to);
  to.put(s.fade_gain);
  to.put(s.master_meter);
  to.put(s.loudness);
  for (std::size_t i = 0; i < s.count; ++i) {
    if (!s.is_in_use[i]) continue;
    to.put(static_cast<std::int32_t>(i));
    to.put(s.has_own_return[i]);
    s.strips[i].save(to);
    s.own_returns[i].save(to);
  }
  to.put(kNoStrip);
}

bool Engine::restore(base::StateReader& from) noexcept {
  State& s = *state_;
  from.get(s.rendered_at);
  from.get(s.bus_gains);
  from.get(*s.sum);
  from.get(s.is_sum_silent);
  from.get(s.master_gain);
  from.get(s.compressor);
  s.limiter.restore(from);
  from.get(s.fade_gain);
  from.get(s.master_meter);
  from.get(s.loudness);
  for (;;) {
    const auto index = from.take<std::int32_t>();
    if (!from.ok()) return false;
    if (index == kNoStrip) return true;
    if (index < 0 || static_cast<std::size_t>(index) >= s.count) return false;
    const auto i = static_cast<std::size_t>(index);
    s.is_in_use[i] = true;
    from.get(s.has_own_return[i]);
    s.strips[i].restore(from);
    s.own_returns[i].restore(from);
  }
}

bool Engine::has_strip(StripId strip) const noexcept { return state_->find(strip) != nullptr; }

base::SampleTime Engine::rendered_at() const noexcept { return state_->rendered_at; }

std::uint64_t Engine::cleaned_samples() const noexcept {
  std::uint64_t cleaned = 0;
  for (const Strip& strip : state_->strips) cleaned += strip.cleaned_samples();
  return cleaned;
}

}  // namespace shelcaster::mixer
