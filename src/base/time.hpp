#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace shelcaster::base {

using Duration = std::chrono::nanoseconds;

/// A moment on a monotonic clock, for timers. It has no now(): whoever owns a clock passes it in.
class Instant {
 public:
  constexpr Instant() = default;
  static constexpr Instant from_nanoseconds(std::int64_t ns) { return Instant(Duration(ns)); }
  /// Later than every other instant: "no timer".
  static constexpr Instant never() { return Instant(Duration::max()); }

  [[nodiscard]] constexpr std::int64_t nanoseconds() const { return since_origin_.count(); }
  [[nodiscard]] constexpr bool is_never() const { return since_origin_ == Duration::max(); }

  friend constexpr auto operator<=>(Instant, Instant) = default;
  friend constexpr Instant operator+(Instant at, Duration d) {
    return at.is_never() ? at : Instant(at.since_origin_ + d);
  }
  friend constexpr Instant operator-(Instant at, Duration d) {
    return at.is_never() ? at : Instant(at.since_origin_ - d);
  }
  friend constexpr Duration operator-(Instant a, Instant b) {
    return a.since_origin_ - b.since_origin_;
  }

 private:
  explicit constexpr Instant(Duration since_origin) : since_origin_(since_origin) {}
  Duration since_origin_{0};
};

inline constexpr std::int64_t kSampleRate = 48'000;

/// A position on the programme, in samples per channel at 48 kHz since the show's epoch.
class SampleTime {
 public:
  constexpr SampleTime() = default;
  explicit constexpr SampleTime(std::int64_t samples) : samples_(samples) {}

  [[nodiscard]] constexpr std::int64_t samples() const { return samples_; }

  friend constexpr auto operator<=>(SampleTime, SampleTime) = default;
  friend constexpr SampleTime operator+(SampleTime at, std::int64_t samples) {
    return SampleTime(at.samples_ + samples);
  }
  friend constexpr SampleTime operator-(SampleTime at, std::int64_t samples) {
    return SampleTime(at.samples_ - samples);
  }
  friend constexpr std::int64_t operator-(SampleTime a, SampleTime b) {
    return a.samples_ - b.samples_;
  }

 private:
  std::int64_t samples_ = 0;
};

/// Samples in a duration, rounded to zero. Exact for whole 62.5 µs; no overflow below 50 years.
constexpr std::int64_t to_samples(Duration d) {
  const std::int64_t seconds = d.count() / 1'000'000'000;
  const std::int64_t rest_ns = d.count() % 1'000'000'000;
  return seconds * kSampleRate + rest_ns * kSampleRate / 1'000'000'000;
}

constexpr Duration to_duration(std::int64_t samples) {
  const std::int64_t seconds = samples / kSampleRate;
  const std::int64_t rest = samples % kSampleRate;
  return std::chrono::seconds(seconds) + Duration(rest * 1'000'000'000 / kSampleRate);
}

/// Civil time (UTC, milliseconds since 1970-01-01), for people and schedules; never for timers.
class WallTime {
 public:
  constexpr WallTime() = default;
  static constexpr WallTime from_unix_ms(std::int64_t ms) { return WallTime(ms); }
  [[nodiscard]] constexpr std::int64_t unix_ms() const { return unix_ms_; }
  friend constexpr auto operator<=>(WallTime, WallTime) = default;

 private:
  explicit constexpr WallTime(std::int64_t ms) : unix_ms_(ms) {}
  std::int64_t unix_ms_ = 0;
};

}  // namespace shelcaster::base
