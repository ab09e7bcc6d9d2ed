#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <variant>

#include "audio/block.hpp"
#include "base/state_io.hpp"
#include "base/time.hpp"

namespace shelcaster::mixer {

/// One channel of the desk, 0 … EngineLimits::strips_max − 1. The application chooses the numbers
/// and may reuse one at once after RemoveStrip.
struct StripId {
  int index = 0;
  friend auto operator<=>(StripId, StripId) = default;
};

enum class StripKind { kHost, kCaller, kDeck };
inline constexpr int kStripKinds = 3;

struct EngineLimits {
  int strips_max = 128;
};

/// Gains are linear amplitude, held to 0 … kGainMax; one that is not a number is ignored.
inline constexpr float kGainMax = 4.0F;
/// Every change of a gain or a toggle takes this long (20 ms) and makes no click.
inline constexpr int kRampFrames = 960;
/// The programme leaves the engine this much later than its inputs came in (look-ahead of the
/// master limiter), whether or not the limiter is on. Waiting people's returns and the tape share
/// it.
inline constexpr int kProgrammeLatencyFrames = 112;
/// The same for mix-minus returns (1 ms: their limiter is a light one).
inline constexpr int kReturnLatencyFrames = 48;

/// A new strip has the controls of StripControls{}. Hosts and callers start off the air, decks on
/// it. If the strip is in use it is replaced: the old sound dies away in 5 ms, the new starts from
/// silence.
struct AddStrip {
  StripId strip;
  StripKind kind = StripKind::kCaller;
};
/// The strip ramps down over two blocks (give it input while there is any), then it is gone.
struct RemoveStrip {
  StripId strip;
};
/// What the desk sets of one strip. Pan is held to −1 (left) … 1 (right): the side that a strip is
/// moved away from falls, −3 dB half way; 0 leaves both as they are.
struct StripControls {
  float gain = 1.0F;
  bool is_muted = false;
  float pan = 0.0F;
  bool operator==(const StripControls&) const = default;
};
struct SetStrip {
  StripId strip;
  StripControls controls;
};
struct SetOnAir {
  StripId strip;
  bool on_air = false;
};
struct SetBusGain {
  StripKind bus = StripKind::kHost;
  float linear = 1.0F;
};
struct SetMasterGain {
  float linear = 1.0F;
};
/// threshold_db −60 … 0, ratio 1 … 100 (held to these).
struct SetCompressor {
  bool enabled = true;
  float threshold_db = -20.0F;
  float ratio = 4.0F;
};
/// ceiling_db −40 … 0 dBTP (held to these). Holds for all that goes in from the next block on.
struct SetLimiter {
  bool enabled = true;
  float ceiling_db = -1.0F;
};
/// Programme and returns go to silence over `frames` (at least kRampFrames) and stay there.
struct FadeOut {
  int frames = kRampFrames;
};

using Command = std::variant<AddStrip, RemoveStrip, SetStrip, SetOnAir, SetBusGain, SetMasterGain,
                             SetCompressor, SetLimiter, FadeOut>;

/// What a strip hears for one block; nullptr is silence. Only read during render().
struct StripInput {
  const audio::StereoBlock* samples = nullptr;
};

/// dBFS of sample values: full-scale sine has peak 0 and RMS −3.01; silence is −120. Peak falls at
/// 20 dB/s, RMS is over 300 ms, clip (a sample at or beyond full scale) is held for one second.
struct Levels {
  float peak_db = -120.0F;
  float rms_db = -120.0F;
  bool clip = false;
};

/// Filled by render(). The spans have strips_max elements, point into the engine and are valid
/// until its next render().
struct Rendered {
  audio::StereoBlock programme{};
  /// Per strip: the programme without that strip. Meaningful only where has_own_return.
  std::span<const audio::StereoBlock> mix_minus;
  /// True for a host or caller on the air, muted or not; and for 40 ms after it was taken off,
  /// while its return goes over to the programme. Where false, the person hears `programme`.
  std::span<const bool> has_own_return;
  /// Of each strip's input before fader, mute and on-air: a waiting caller's voice shows too.
  std::span<const Levels> strip_levels;
  Levels master;                   // of `programme`
  float momentary_lufs = -120.0F;  // of `programme`, BS.1770-4, 400 ms
};

/// The mixing engine: a deterministic state machine. The same commands and inputs give the same
/// bits.
///
///   host, caller ─ pan ─ personal × bus gain × on air × not muted ─▶ voices ┐
///   deck         ─ pan ─ personal × bus gain × on air × not muted ─▶ music  ┴▶ sum ─▶ master gain
///   ─▶ compressor ─▶ true-peak limiter ─▶ fade out ─▶ programme return of an on-air person = sum −
///   own contribution ─▶ light limiter ─▶ fade out
///
/// Everybody hears the others from where the programme has them.
/// Returns are taken before master gain and dynamics: turning the master down or hitting the
/// compressor does not change what people hear of each other.
///
/// Defaults (the seed's): bus gains host 1.0, caller 0.8, deck 0.3; master 1.0; compressor −20 dB
/// 4:1; limiter −1 dBTP.
///
/// One owner thread. Allocates in the constructor only; O(strips) a block. NaN, infinities
/// and samples beyond ±8 in an input are cleaned in its own strip and counted; denormals are
/// zeroed.
class Engine {
 public:
  explicit Engine(const EngineLimits& limits);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Takes effect at the start of the next rendered block; ramps start there. A command for a strip
  /// that is out of range or not there is ignored: it lost a race with a removal.
  void apply(const Command& command) noexcept;

  /// Renders the block that starts at `at`. `inputs[i]` belongs to strip i; a shorter span means
  /// silence for the rest. Blocks normally follow one another by 480; after a jump of `at` the
  /// dynamics go on from where they were.
  void render(base::SampleTime at, std::span<const StripInput> inputs, Rendered& out) noexcept;

  /// Puts everything but its meters' history into `to`, so that an engine of the same limits that
  /// restores it goes on to the same bits: the next block of one is the next block of the other.
  /// Takes kStateBytes + strips in use × kStripStateBytes at most.
  void save(base::StateWriter& to) const noexcept;
  /// Only in an engine that has not rendered. False if `from` doesn't hang together: the engine is
  /// then not to be used.
  [[nodiscard]] bool restore(base::StateReader& from) noexcept;
  static constexpr std::size_t kStateBytes = 12'288;
  static constexpr std::size_t kStripStateBytes = 2'048;

  [[nodiscard]] bool has_strip(StripId strip) const noexcept;
  /// Start of the last rendered block.
  [[nodiscard]] base::SampleTime rendered_at() const noexcept;
  /// Input samples that were not fit to mix, over all strips since the start.
  [[nodiscard]] std::uint64_t cleaned_samples() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace shelcaster::mixer
