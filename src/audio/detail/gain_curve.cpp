#include "audio/detail/gain_curve.hpp"

#include "audio/detail/lanes.hpp"

namespace shelcaster::audio::detail {

float find_peaks(const StereoBlock& block, Curve& peaks) noexcept {
  constexpr std::size_t kSamples = kCurveStep * kChannels;  // of a point
  static_assert(kSamples == 2 * kLanes && kCurvePoints % kLanes == 0);
  Lanes loudest{};
  for (std::size_t k = 0; k < kCurvePoints; k += kLanes) {
    const float* at = block.data() + k * kSamples;
    Lanes of[kLanes];
    for (std::size_t point = 0; point < kLanes; ++point, at += kSamples) {
      of[point] = larger(magnitude(load(at)), magnitude(load(at + kLanes)));
    }
    // Four times four lanes to four: fold each in two, then side by side in two again.
    const Lanes first = larger(__builtin_shufflevector(of[0], of[1], 0, 4, 1, 5),
                               __builtin_shufflevector(of[0], of[1], 2, 6, 3, 7));
    const Lanes second = larger(__builtin_shufflevector(of[2], of[3], 0, 4, 1, 5),
                                __builtin_shufflevector(of[2], of[3], 2, 6, 3, 7));
    const Lanes points = larger(__builtin_shufflevector(first, second, 0, 1, 4, 5),
                                __builtin_shufflevector(first, second, 2, 3, 6, 7));
    store(points, peaks.data() + k);
    loudest = larger(points, loudest);
  }
  return largest(loudest);
}

float largest(const Curve& curve) noexcept {
  Lanes most = load(curve.data());
  for (std::size_t k = kLanes; k < curve.size(); k += kLanes) {
    most = larger(load(curve.data() + k), most);
  }
  return largest(most);
}

float smallest(const Curve& curve) noexcept {
  Lanes least = load(curve.data());
  for (std::size_t k = kLanes; k < curve.size(); k += kLanes) {
    least = smaller(load(curve.data() + k), least);
  }
  return -largest(-least);
}

void apply_gains(float before, const Curve& gains, StereoBlock& block) noexcept {
  constexpr Lanes kFirstHalf{0.25F, 0.25F, 0.5F, 0.5F};
  constexpr Lanes kSecondHalf{0.75F, 0.75F, 1.0F, 1.0F};
  float* at = block.data();
  for (const float gain : gains) {
    const Lanes from = all(before);
    const Lanes way = all(gain - before);
    store(load(at) * (from + way * kFirstHalf), at);
    store(load(at + kLanes) * (from + way * kSecondHalf), at + kLanes);
    at += 2 * kLanes;
    before = gain;
  }
}

}  // namespace shelcaster::audio::detail
