#include "audio/loudness_meter.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "audio/db.hpp"

namespace shelcaster::audio {
namespace {

struct Coefficients {
  double b0, b1, b2, a1, a2;
};
// BS.1770-4 annex 1, tables 1 and 2: the head's shelf and the RLB high-pass, at 48 kHz.
constexpr Coefficients kShelf{1.53512485958697, -2.69169618940638, 1.19839281085285,
                              -1.69065929318241, 0.73248077421585};
constexpr Coefficients kHighPass{1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621};

template <typename State>
double filter(const Coefficients& c, State& s, double in) noexcept {
  const double out = c.b0 * in + s.z1;
  s.z1 = c.b1 * in - c.a1 * out + s.z2;
  s.z2 = c.b2 * in - c.a2 * out;
  return out;
}

template <typename State>
void flush_denormals(State& s) noexcept {
  if (std::fabs(s.z1) < 1e-30) s.z1 = 0;
  if (std::fabs(s.z2) < 1e-30) s.z2 = 0;
}

}  // namespace

void LoudnessMeter::process(const StereoBlock& block) noexcept {
  double sum = 0;
  for (std::size_t i = 0; i < block.size(); i += kChannels) {
    for (std::size_t channel = 0; channel < kChannels; ++channel) {
      const double shelved =
          filter(kShelf, shelf_[channel], static_cast<double>(block[i + channel]));
      const double weighted = filter(kHighPass, high_pass_[channel], shelved);
      sum += weighted * weighted;
    }
  }
  for (std::size_t channel = 0; channel < kChannels; ++channel) {
    flush_denormals(shelf_[channel]);
    flush_denormals(high_pass_[channel]);
  }
  power_[next_] = sum / kBlockFrames;
  next_ = (next_ + 1) % kWindowBlocks;
}

float LoudnessMeter::momentary_lufs() const noexcept {
  const double power = std::accumulate(power_.begin(), power_.end(), 0.0) / kWindowBlocks;
  return std::max(power_to_db(power) - 0.691F, kSilenceDb);
}

}  // namespace shelcaster::audio
