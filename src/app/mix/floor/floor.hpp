#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "app/mix/floor/floor_messages.hpp"
#include "app/mix/floor/returns.hpp"
#include "app/mix/gate/gate.hpp"
#include "app/mix/recovery/seam.hpp"
#include "app/mix/recovery/sound_memory.hpp"
#include "base/time.hpp"
#include "mixer/deck.hpp"
#include "mixer/engine.hpp"
#include "net/datagram.hpp"
#include "tape/checkpoint.hpp"
#include "tape/tape.hpp"

namespace shelcaster::app {

/// The audio-thread half of `mix`: the media path of every connected line, the engine, the deck and
/// the tape. Sans-IO, one owner thread. After construction nothing allocates, locks, logs or makes
/// a system call; the work of a tick is bounded by kSeatsMax and kLinesMax.
///
/// A tick renders one block of 10 ms: decode what came, mix, write the programme to the tape and,
/// every second tick, encode the returns: one encoding for all who hear the programme, one for each
/// person on the air.
class Floor {
 public:
  enum class Taken { kYes, kForStage };

  /// All references outlive the floor. What another process needs to go on is put into `checkpoint`
  /// each frame of 20 ms, before its packets are handed out. `gate_seed` is the gate's secret:
  /// random but in tests.
  Floor(mixer::DeckFeed& feed, tape::TapeWriter& tape, tape::Checkpoint& checkpoint,
        FloorOutbox& outbox, std::uint64_t gate_seed = 0, const ShowSettings& settings = {});

  /// Before the first tick, the seats and lines of before: the engine and the deck as they were.
  /// False if `memory` doesn't hang together: this floor is then not to be used.
  [[nodiscard]] bool restore(const SoundMemory& memory);
  /// After the seats and lines of before have been opened.
  void finish_restore(const SoundMemory& memory);
  /// Whether the next tick has what it needs of the deck's feeder. While it catches up, a floor
  /// waits for that.
  [[nodiscard]] bool is_deck_fed() noexcept { return deck_.is_fed(); }

  /// Whether there is room to hand back what a command puts out of use: without, none may be
  /// applied. The stage thread makes some.
  [[nodiscard]] bool may_retire() const noexcept {
    return outbox_.retired.size() < outbox_.retired.capacity();
  }
  void apply(FloorCommand&& command) noexcept;

  /// A datagram that is not this thread's is put into the outbox for the stage thread.
  Taken handle_datagram(base::Instant arrival, const net::Datagram& datagram) noexcept;

  /// Renders the block that starts at `at`. `now` is its nominal time. What is to be sent is then
  /// in transmits(), valid until the next call.
  void tick(base::SampleTime at, base::Instant now) noexcept;
  [[nodiscard]] std::span<const net::Transmit> transmits() const noexcept {
    return outgoing_.transmits();
  }

  /// For a second there has been nothing but digital silence, and nobody is connected: until the
  /// next command every block will be the same, so that rest() may stand for any number of ticks.
  [[nodiscard]] bool is_resting() const noexcept { return quiet_blocks_ >= kRestAfterBlocks; }
  /// While is_resting(): silence on the tape up to `until`, a whole block.
  void rest(base::SampleTime until) noexcept;

  /// Whether the deck may have asked its feeder for something since this was last called.
  [[nodiscard]] bool take_feeder_call() noexcept { return std::exchange(calls_feeder_, false); }

  /// May be read by any thread.
  [[nodiscard]] const GateCounters& gate_counters() const noexcept { return gate_.counters(); }
  [[nodiscard]] const mixer::Rendered& rendered() const noexcept { return rendered_; }

 private:
  static constexpr int kRestAfterBlocks = 100;

  void open_seat(OpenSeat&& open) noexcept;
  void close_seat(int seat) noexcept;
  void open_line(OpenLine&& open) noexcept;
  void close_line(int line) noexcept;
  void take_media(base::Instant arrival, const net::Datagram& datagram) noexcept;
  void note_heard(base::Instant arrival, int at, const net::Endpoint& from) noexcept;
  void retire(Retired&& object) noexcept;
  void remember(base::SampleTime next) noexcept;
  void save_people(base::StateWriter& to) const noexcept;
  void report_deck_events() noexcept;

  void gather_inputs(base::Instant now) noexcept;
  /// To be asked once a block.
  [[nodiscard]] bool is_heard(Seat& seat, std::size_t strip) const noexcept;
  void send_reports(base::Instant now) noexcept;
  void report(base::SampleTime at) noexcept;
  void report_lines(std::int64_t report_number) noexcept;
  void report_deck(std::int64_t block) noexcept;
  [[nodiscard]] bool is_quiet() const noexcept;
  void report_levels(base::SampleTime at) noexcept;
  void listen_to_air() noexcept;
  void report_air() noexcept;
  void note_fader(const mixer::Command& command) noexcept;

  tape::TapeWriter& tape_;
  tape::Checkpoint& checkpoint_;
  FloorOutbox& outbox_;
  mixer::Engine engine_;
  mixer::Deck deck_;
  mixer::Rendered rendered_;
  Seam seam_;

  Roster roster_;
  static_assert(Gate::kLines == kLinesMax);
  Gate gate_;
  Returns returns_;
  Outgoing outgoing_;

  std::array<audio::StereoBlock, kStripsMax> input_blocks_{};
  std::array<mixer::StripInput, kStripsMax> inputs_{};
  mixer::DeckStatus reported_deck_;
  std::int64_t deck_reported_at_ = 0;  // block
  std::uint64_t deck_commands_done_ = 0;
  bool calls_feeder_ = false;
  int quiet_blocks_ = 0;
  bool is_watched_ = true;
  int air_every_blocks_ = 0;
  float air_peak_ = 0.0F;  // of the programme, since the last report of it
};

}  // namespace shelcaster::app
