#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "app/mix/roster/roster.hpp"
#include "base/bytes.hpp"
#include "base/time.hpp"
#include "codec/opus_encoder.hpp"
#include "mixer/engine.hpp"
#include "net/datagram.hpp"

namespace shelcaster::app {

/// The packets that a tick sends: they point into the lines and are valid until the next tick.
class Outgoing {
 public:
  void clear() noexcept { count_ = 0; }
  /// Leaves out what is empty, and what is more than two packets a line.
  void add(const Line& line, base::ByteSpan bytes) noexcept {
    if (bytes.empty() || count_ == transmits_.size()) return;
    transmits_[count_++] = {.remote = line.remote, .bytes = bytes};
  }
  [[nodiscard]] std::span<const net::Transmit> transmits() const noexcept {
    return std::span(transmits_).first(count_);
  }

 private:
  std::array<net::Transmit, std::size_t{2} * kLinesMax> transmits_{};
  std::size_t count_ = 0;
};

/// What people hear: two blocks are gathered to a frame of 20 ms, which is encoded once for all who
/// hear the programme, and once for each person with a return of their own.
class Returns {
 public:
  explicit Returns(const ShowSettings& settings)
      : channels_(encoder_config(settings).channels),
        programme_encoder_(encoder_config(settings)) {}

  /// Takes the block in; after the second of a frame, packets go into `out`.
  void take(bool is_second_half, const mixer::Rendered& rendered, const Roster& roster,
            base::Instant now, Outgoing& out) noexcept;

 private:
  using FramePcm = std::array<float, 2 * audio::kBlockSamples>;
  void gather(bool is_second_half, const mixer::Rendered& rendered, const Roster& roster) noexcept;
  void copy(const audio::StereoBlock& block, bool is_second_half, FramePcm& to) const noexcept;
  [[nodiscard]] std::span<const float> frame_of(const FramePcm& pcm) const noexcept {
    return std::span(pcm).first(pcm.size() / 2 * static_cast<std::size_t>(channels_));
  }
  base::ByteSpan programme_payload() noexcept;
  base::ByteSpan own_payload(Seat& seat) const noexcept;

  int channels_;
  codec::OpusEncoder programme_encoder_;
  FramePcm programme_pcm_{};
  OpusPayload programme_payload_;
};

}  // namespace shelcaster::app
