#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "app/mix/deck/deck_player.hpp"
#include "app/mix/deck/fallback.hpp"
#include "app/mix/deck/playlist.hpp"
#include "app/mix/floor/stage_sink.hpp"
#include "app/mix/lines/offer_lane.hpp"
#include "app/mix/lines/offering.hpp"
#include "app/mix/lines/switchboard.hpp"
#include "app/mix/recovery/inheritance.hpp"
#include "app/mix/recovery/session_memory.hpp"
#include "app/mix/seats/seat_book.hpp"
#include "base/random.hpp"
#include "base/time.hpp"

namespace shelcaster::app {

/// The stage thread of `mix` without its input and output: link messages, datagrams that the floor
/// passed on, the floor's reports and time go in; floor commands, datagrams and link messages come
/// out of the sink. Sans-IO, one owner thread, so that a simulation runs it as it is.
class Stage {
 public:
  /// All references outlive it.
  Stage(SwitchboardConfig config, Playlist& playlist, base::Random& random, StageSink& sink,
        const ShowSettings& settings = {});

  /// What the process before left; before the first desired state, with which it is taken up.
  void inherit(Inheritance inheritance) { inheritance_ = std::move(inheritance); }
  /// Those that go on; after the first desired state.
  [[nodiscard]] link::Sessions sessions() const {
    return {.ids = switchboard_.session_ids(), .is_deck_kept = is_deck_kept_};
  }

  /// How civil time, which declared silence ends by, goes with the instants that follow.
  void note_wall(base::Instant now, base::WallTime wall) {
    wall_origin_ms_ = wall.unix_ms() - now.nanoseconds() / 1'000'000;
  }
  void handle_link(base::Instant now, const link::KeeperToMix& message);
  void handle_datagram(base::Instant now, const rtc::SortedDatagram& datagram) {
    switchboard_.handle_datagram(now, datagram);
    remember_changes();
  }
  void handle_report(base::Instant now, const FloorReport& report);
  void handle_levels(const LevelsReport& levels);
  void handle_timeout(base::Instant now);
  [[nodiscard]] base::Instant next_timeout() const;
  /// Offers wait in a lane until handle_timeout() answers one of them: whoever gives this the time
  /// looks at the link in between. Part of next_timeout().
  [[nodiscard]] base::Instant next_offer() const { return offers_.next(); }
  void answer_next_offer(base::Instant now);

  /// "stop" came: programme and returns fade out within kFadeOut, then the process may end.
  [[nodiscard]] bool is_stopping() const { return is_stopping_; }
  void close_all(base::Instant now) {
    switchboard_.close_all(now);
    remember_changes();
  }

  [[nodiscard]] std::uint64_t desired_version() const { return desired_version_; }
  [[nodiscard]] const DeadAir::Counts& dead_air() const { return fallback_.counts(); }
  [[nodiscard]] std::string_view fallback() const { return fallback_.playing(); }
  [[nodiscard]] std::size_t session_count() const { return switchboard_.session_count(); }

  static constexpr base::Duration kFadeOut = std::chrono::milliseconds(500);

 private:
  void apply(base::Instant now, const link::Desired& desired);
  /// The deck is taken up before the seats, the sessions after them.
  [[nodiscard]] bool take_over_deck(const std::vector<link::QueueItem>& queue);
  void mark(const TrackMoment& moment);
  [[nodiscard]] DeadAir::Rules rules_of(const link::DeadAir& desired) const;
  void take_over_seats();
  void take_over_sessions(base::Instant now);
  void note_seen(std::string command_id);
  void remember();
  void remember_changes();
  void flush_deck();
  void apply(base::Instant now, const link::Command& command);
  void begin_to_stop();
  void queue(const link::Offer& offer);
  void queue(base::Instant now, const link::IceRestart& restart);
  void queue(OfferLane::Class of, OfferLane::Asker asker, const std::string& request_id,
             OfferLane::Request request);
  void answer(base::Instant now, const link::Offer& offer);
  void answer(base::Instant now, const link::IceRestart& restart);
  void reply(const std::string& request_id, const OrRefusal<SessionAnswer>& outcome);
  void refuse(const std::string& request_id, const Refusal& refusal);
  void make_offer(base::Instant now, const link::MakeOffer& wanted);
  void take_answer(base::Instant now, const link::TakeAnswer& answer);

  StageSink& sink_;
  Playlist& playlist_;
  OfferLane offers_;
  Switchboard switchboard_;
  Offering offering_;
  SeatBook seats_;
  DeckPlayer deck_;
  Fallback fallback_;
  std::optional<Inheritance> inheritance_;
  bool is_deck_kept_ = false;
  bool has_desired_ = false;
  std::uint64_t desired_version_ = 0;
  bool is_stopping_ = false;
  std::int64_t wall_origin_ms_ = 0;  // of instant zero

  // Commands seen, so that one sent again is acknowledged again and not applied again.
  std::unordered_set<std::string> seen_;
  std::deque<std::string> seen_order_;
};

}  // namespace shelcaster::app
