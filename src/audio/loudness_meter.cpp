#include "audio/loudness_meter.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "audio/db.hpp"
#include "audio/detail/lanes.hpp"

namespace shelcaster::audio {
namespace {

using detail::Lanes;

struct Coefficients {
  double b0, b1, b2, a1, a2;
};
// BS.1770-4 annex 1, tables 1 and 2: the head's shelf and the RLB high-pass, at 48 kHz.
constexpr Coefficients kShelf{1.53512485958697, -2.69169618940638, 1.19839281085285,
                              -1.69065929318241, 0.73248077421585};
constexpr Coefficients kHighPass{1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621};

constexpr Lanes both(double shelf, double high_pass) {
  const auto s = static_cast<float>(shelf);
  const auto h = static_cast<float>(high_pass);
  return Lanes{s, s, h, h};
}

// Transposed direct form II with the output put in: z1 ← (b1 − a1·b0)·in − a1·z1 + z2 and so on,
// which halves the way from one sample's state to the next one's.
constexpr Lanes kB0 = both(kShelf.b0, kHighPass.b0);
constexpr Lanes kB1 =
    both(kShelf.b1 - kShelf.a1 * kShelf.b0, kHighPass.b1 - kHighPass.a1 * kHighPass.b0);
constexpr Lanes kB2 =
    both(kShelf.b2 - kShelf.a2 * kShelf.b0, kHighPass.b2 - kHighPass.a2 * kHighPass.b0);
constexpr Lanes kA1 = both(kShelf.a1, kHighPass.a1);
constexpr Lanes kA2 = both(kShelf.a2, kHighPass.a2);

constexpr float kRungOut = 1e-15F;
constexpr StereoBlock kSilence{};

/// Far below what is measured, the states become zero instead of denormal.
void store_unless_rung_out(Lanes lanes, std::array<float, 4>& to) noexcept {
  detail::store(detail::magnitude(lanes) < kRungOut ? Lanes{} : lanes, to.data());
}

}  // namespace

void LoudnessMeter::process(const StereoBlock& block) noexcept {
  // All four filters at once: the high-pass takes what the shelf gave out one frame ago.
  Lanes z1 = detail::load(z1_.data());
  Lanes z2 = detail::load(z2_.data());
  Lanes out = detail::load(out_.data());
  Lanes sum{};
  const auto step = [&](Lanes in) {
    out = kB0 * in + z1;
    const Lanes z1_next = (kB1 * in + z2) - kA1 * z1;
    z2 = kB2 * in - kA2 * z1;
    z1 = z1_next;
    sum += out * out;
  };
  for (std::size_t i = 0; i < block.size(); i += detail::kLanes) {
    const Lanes two_frames = detail::load(block.data() + i);
    step(__builtin_shufflevector(two_frames, out, 0, 1, 4, 5));
    step(__builtin_shufflevector(two_frames, out, 2, 3, 4, 5));
  }
  store_unless_rung_out(z1, z1_);
  store_unless_rung_out(z2, z2_);
  store_unless_rung_out(out, out_);
  const double power = (static_cast<double>(sum[2]) + static_cast<double>(sum[3])) / kBlockFrames;
  silent_blocks_ = power == 0 ? silent_blocks_ + 1 : 0;
  power_[next_] = power;
  next_ = (next_ + 1) % kWindowBlocks;
}

void LoudnessMeter::process_silence() noexcept {
  if (silent_blocks_ < kWindowBlocks) process(kSilence);
}

float LoudnessMeter::momentary_lufs() const noexcept {
  if (silent_blocks_ >= kWindowBlocks) return kSilenceDb;
  const double power = std::accumulate(power_.begin(), power_.end(), 0.0) / kWindowBlocks;
  return std::max(power_to_db(power) - 0.691F, kSilenceDb);
}

}  // namespace shelcaster::audio
