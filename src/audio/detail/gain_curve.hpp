#pragma once

#include <array>
#include <cstddef>

#include "audio/block.hpp"

namespace shelcaster::audio::detail {

/// Dynamics find their gain once in four frames (12 000 times a second, far above anything that a
/// gain does) and go there in a straight line: a quarter of the work where each step waits for the
/// one before, and a curve without corners that could be heard.
inline constexpr std::size_t kCurveStep = 4;
inline constexpr std::size_t kCurvePoints = kBlockFrames / kCurveStep;
using Curve = std::array<float, kCurvePoints>;

/// The largest magnitude in each four frames, both channels counting. Returns the largest of all.
float find_peaks(const StereoBlock& block, Curve& peaks) noexcept;

[[nodiscard]] float largest(const Curve& curve) noexcept;
[[nodiscard]] float smallest(const Curve& curve) noexcept;

/// Multiplies both channels alike: point k is reached at frame 4k + 3 in a straight line from the
/// point before, the first from `before`.
void apply_gains(float before, const Curve& gains, StereoBlock& block) noexcept;

}  // namespace shelcaster::audio::detail
