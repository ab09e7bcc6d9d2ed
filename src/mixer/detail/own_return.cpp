#include "mixer/detail/own_return.hpp"

#include <array>
#include <cstddef>
#include <utility>

#include "mixer/engine.hpp"

namespace shelcaster::mixer::detail {
namespace {

// Onto the own return fast: the programme that is left already begins to carry the person's voice.
constexpr int kToOwnFrames = 240;
// A voice ramps down for kRampFrames and is in the programme for its latency longer: three blocks.
constexpr int kHoldBlocks =
    (kRampFrames + kProgrammeLatencyFrames + audio::kBlockFrames - 1) / audio::kBlockFrames;
constexpr int kToProgrammeFrames = audio::kBlockFrames;

}  // namespace

OwnReturn::OwnReturn()
    : limiter_(audio::PeakDetection::kSamplePeak, kReturnLatencyFrames,
               {.enabled = true, .ceiling_db = -1.0F}) {}

void OwnReturn::start() noexcept {
  is_new_ = true;
  is_needed_ = false;
  hold_blocks_left_ = 0;
  blend_ = audio::GainRamp(0.0F);
}

void OwnReturn::update(bool wants_own, const audio::StereoBlock& previous_sum) noexcept {
  if (wants_own) {
    if (!is_needed_) {
      limiter_.reset();
      audio::StereoBlock primer = previous_sum;
      limiter_.process(primer);
    }
    blend_.set_target(1.0F, is_new_ ? 0 : kToOwnFrames);
    hold_blocks_left_ = kHoldBlocks + 1;  // counts down before the block is rendered
  } else if (hold_blocks_left_ > 0) {
    --hold_blocks_left_;
    if (hold_blocks_left_ == 0) blend_.set_target(0.0F, kToProgrammeFrames);
  }
  is_new_ = false;
  is_needed_ = wants_own || hold_blocks_left_ > 0 || !blend_.is_steady();
}

void OwnReturn::render(const audio::StereoBlock& sum, bool is_silence, const Contribution& own,
                       const audio::StereoBlock& programme, audio::StereoBlock& out) noexcept {
  const bool is_blended = !blend_.is_steady() || blend_.current() != 1.0F;
  const bool was_silent =
      std::exchange(is_silent_, is_silence && limiter_.is_silent() && !is_blended);
  if (is_silent_) {
    if (!was_silent) out.fill(0.0F);
    return;
  }
  if (own.samples != nullptr) {
    subtract(own, sum, out);
  } else {
    out = sum;
  }
  limiter_.process(out);
  if (!is_blended) return;
  std::array<float, audio::kBlockFrames> weights;
  blend_.fill(weights);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = programme[i] + weights[i / 2] * (out[i] - programme[i]);
  }
}

void OwnReturn::save(base::StateWriter& to) const noexcept {
  limiter_.save(to);
  to.put(blend_);
  to.put(hold_blocks_left_);
  to.put(is_new_);
  to.put(is_needed_);
  to.put(is_silent_);
}

void OwnReturn::restore(base::StateReader& from) noexcept {
  limiter_.restore(from);
  from.get(blend_);
  from.get(hold_blocks_left_);
  from.get(is_new_);
  from.get(is_needed_);
  from.get(is_silent_);
}

}  // namespace shelcaster::mixer::detail
