#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <memory>
#include <span>
#include <variant>

#include "app/mix/gate/gate.hpp"
#include "app/mix/roster/roster.hpp"
#include "base/spsc_queue.hpp"
#include "base/time.hpp"
#include "mixer/deck.hpp"
#include "mixer/engine.hpp"
#include "net/endpoint.hpp"
#include "rtc/peer/demux.hpp"

// What the stage thread and the audio thread say to each other. Everything is bounded; whatever
// owns memory is built and freed on the stage thread.
namespace shelcaster::app {

/// Seat i has strip i; the deck's strip comes after them.
inline constexpr mixer::StripId kDeckStrip{kSeatsMax};
inline constexpr int kStripsMax = kSeatsMax + 1;

// Stage thread to floor.
struct OpenSeat {
  int seat = kNoSeat;
  mixer::StripKind kind = mixer::StripKind::kCaller;
  std::unique_ptr<Seat> state;
  /// Somebody who sat there before a crash: the strip goes on if the engine has it.
  bool keeps_strip = false;
};
struct CloseSeat {
  int seat = kNoSeat;
};
/// A line that receives becomes its seat's microphone.
struct OpenLine {
  int line = -1;
  std::unique_ptr<Line> state;
};
struct CloseLine {
  int line = -1;
};
struct MoveLine {
  int line = -1;
  net::Endpoint remote;
};
/// For the gate (see there): a session, connected or not, has the number of its line.
struct ExpectUser {
  int line = -1;
  IceUser user = 0;
  bool asks = false;  // it sends checks itself
};
struct KnowAddress {
  int line = -1;
  net::Endpoint remote;
  base::Instant at;
};
struct ForgetSession {
  int line = -1;
};
/// Numbered from 1, so that a floor that died tells which it has done (see SoundMemory).
struct NumberedDeckCommand {
  std::uint64_t number = 0;
  mixer::DeckCommand command;
};
/// Whether levels are to be reported.
struct WatchLevels {
  bool is_on = true;
};
/// How often an AirReport is wanted: each so many blocks, a multiple of seven; 0: never. At rest it
/// comes once a second.
struct WatchAir {
  int every_blocks = 0;
};
using FloorCommand = std::variant<std::monostate, OpenSeat, CloseSeat, OpenLine, CloseLine,
                                  MoveLine, ExpectUser, KnowAddress, ForgetSession, WatchLevels,
                                  WatchAir, mixer::Command, NumberedDeckCommand>;

// Floor to stage thread.
/// No longer used by the audio thread: destroy it.
using Retired = std::variant<std::unique_ptr<Seat>, std::unique_ptr<Line>>;
struct LineReport {
  int line = -1;
  rtc::MediaStats stats;
  /// Authentic packets so far, reports too, and where the last one came from.
  std::uint64_t packets_heard = 0;
  net::Endpoint heard_from;
};
/// A line's packets come from another of its addresses than the one that we send to, which has been
/// silent for a while. Told again as long as it is so.
struct HeardElsewhere {
  int line = -1;
  net::Endpoint from;
};
struct DeckReport {
  mixer::DeckStatus status;
};
/// Where on the tape a play of the deck began or ended, to a block.
struct TrackMoment {
  mixer::DeckItem item = mixer::kNoItem;
  bool is_start = false;
  base::SampleTime at;
};
/// Whether there is anything to be heard (see DeadAir).
struct AirReport {
  float programme_peak_db = -120.0F;  // the highest since the last report
  float voice_db = -120.0F;           // RMS of the loudest on the air who is not muted
};
using FloorReport = std::variant<std::monostate, LineReport, HeardElsewhere, DeckReport, AirReport,
                                 mixer::DeckEvent, TrackMoment>;

/// A datagram that is not for the audio thread: STUN or DTLS.
struct StageDatagram {
  rtc::PacketKind kind = rtc::PacketKind::kUnknown;
  net::Endpoint remote;
  std::size_t size = 0;
  std::array<std::byte, 1500> bytes;

  [[nodiscard]] rtc::SortedDatagram sorted() {
    return {net::Datagram{.remote = remote, .bytes = std::span(bytes).first(size)}, kind};
  }
};

struct LevelsReport {
  base::SampleTime at;
  mixer::Levels master;
  float momentary_lufs = -120.0F;
  mixer::Levels deck;
  std::bitset<kSeatsMax> occupied;
  std::array<mixer::Levels, kSeatsMax> seats;
};

/// The ways out of the audio thread. When a queue is full: datagrams are dropped and counted (their
/// protocols retransmit); levels and reports are dropped (the next are newer); and what would put
/// an object out of use waits (see Floor::may_retire()).
struct FloorOutbox {
  base::SpscQueue<StageDatagram> datagrams{256};
  base::SpscQueue<Retired> retired{2048};
  base::SpscQueue<FloorReport> reports{1024};
  base::SpscQueue<LevelsReport> levels{4};
};

}  // namespace shelcaster::app
