#include "tone_bank.hpp"

#include <cmath>
#include <numbers>

#include "audio/db.hpp"

namespace shelcaster::sim {
namespace {

constexpr double kLookHz = 8000;

/// In eight sums, so that the compiler may use the processor's wide registers.
float correlation(std::span<const float, kLookSamples> a, const Look& b) {
  std::array<float, 8> sums{};
  for (std::size_t i = 0; i < kLookSamples; i += sums.size()) {
    for (std::size_t lane = 0; lane < sums.size(); ++lane) sums[lane] += a[i + lane] * b[i + lane];
  }
  float total = 0;
  for (const float sum : sums) total += sum;
  return total;
}

}  // namespace

std::size_t ToneBank::add(double hz) {
  Reference& reference = references_.emplace_back();
  for (std::size_t i = 0; i < kLookSamples; ++i) {
    const double turn = 2 * std::numbers::pi * static_cast<double>(i);
    const double window = 0.5 - 0.5 * std::cos(turn / static_cast<double>(kLookSamples));
    reference.cosine[i] = static_cast<float>(window * std::cos(turn * hz / kLookHz));
    reference.sine[i] = static_cast<float>(window * std::sin(turn * hz / kLookHz));
  }
  return references_.size() - 1;
}

float ToneBank::level_db(std::span<const float, kLookSamples> look, std::size_t tone) const {
  const float real = correlation(look, references_[tone].cosine);
  const float imaginary = correlation(look, references_[tone].sine);
  // A sine of amplitude 1 sums to a quarter of the samples under this window.
  const float amplitude =
      std::sqrt(real * real + imaginary * imaginary) * 4 / static_cast<float>(kLookSamples);
  return audio::linear_to_db(amplitude);
}

}  // namespace shelcaster::sim
