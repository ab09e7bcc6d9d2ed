#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "media/aac_encoder.hpp"
#include "tape/tape.hpp"

namespace shelcaster::app {

/// A stretch of the programme as it stands on the tape: interleaved stereo, mostly
/// media::kAacFrameSamples frames.
struct PcmBlock {
  base::SampleTime at;
  std::int64_t frames = 0;
  std::vector<float> interleaved;  // frames × 2; empty: digital silence
};

/// What the mixer says of the programme, as it stands on the tape.
struct ProgrammeMark {
  std::uint64_t number = 0;  // on the tape, from 0
  tape::Mark mark;
};

/// What a destination is fed with, in the programme's order. Of packets and blocks the times only
/// rise, and run on without a gap but for what the publisher itself has missed. After a restart of
/// the publisher they may begin before what was pushed last. A mark comes before the sound that it
/// is about, and a destination that is new gets the last ones first. More kinds may come, as video:
/// who has no use for one leaves it out.
using ProgrammeUnit =
    std::variant<std::shared_ptr<const media::AacPacket>, std::shared_ptr<const PcmBlock>,
                 std::shared_ptr<const ProgrammeMark>>;

/// How a destination does, as the show's status has it.
struct DestinationStatus {
  std::string state;    // "connecting" | "live" | "retrying"
  std::string problem;  // a word for programs; empty: none
  std::string detail;   // a sentence for a person; no address, no key
  std::uint64_t connections = 0;
  std::uint64_t frames_dropped = 0;  // of audio, each 1024 samples, since the start
  std::int64_t delay_ms = 0;         // from push() to where it has arrived
  std::int64_t bitrate_bps = 0;      // sent, over the last seconds
};

/// One place that the programme goes to. Each has its own bounded queue, and decides itself what is
/// to be lost when that is full.
///
/// Two threads: push() comes on the publisher's and never waits; work() and finish() come on a
/// worker that this destination has for itself (DestinationRunner), and may wait for whatever is at
/// the other end. status() and abort() come on any thread and never wait.
class Destination {
 public:
  virtual ~Destination() = default;

  virtual void push(const ProgrammeUnit& unit) = 0;

  /// Deals with what has been pushed. Called again after period().
  virtual void work() = 0;
  /// Sends what is queued and ends politely. Called each period() until it returns true.
  virtual bool finish() = 0;
  /// On the worker, as the last call: it is no longer wanted, while the programme goes on. A
  /// publisher that ends without a word calls nothing more.
  virtual void leave() {}
  /// Makes a work() that waits return soon, if that can be done; what is queued is lost.
  virtual void abort() {}

  [[nodiscard]] virtual DestinationStatus status() const = 0;
  [[nodiscard]] virtual base::Duration period() const { return std::chrono::milliseconds(20); }
  /// Whether it has a use for PcmBlocks, which cost a copy.
  [[nodiscard]] virtual bool wants_pcm() const { return false; }
};

}  // namespace shelcaster::app
