#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_set>

#include "app/mix/deck_player.hpp"
#include "app/mix/playlist.hpp"
#include "app/mix/seat_book.hpp"
#include "app/mix/stage_sink.hpp"
#include "app/mix/switchboard.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "tape/checkpoint.hpp"

namespace shelcaster::app {

/// The stage thread of `mix` without its input and output: link messages, datagrams that the floor
/// passed on, the floor's reports and time go in; floor commands, datagrams and link messages come
/// out of the sink. Sans-IO, one owner thread, so that a simulation runs it as it is.
class Stage {
 public:
  /// All references outlive it.
  Stage(SwitchboardConfig config, Playlist& playlist, base::Random& random, StageSink& sink,
        const ReturnsConfig& returns = {});

  /// Where the deck stood when the last `mix` of this show ended; before the first desired state.
  void set_resume_point(link::DeckHint hint) { resume_point_ = std::move(hint); }

  void handle_link(base::Instant now, const boost::json::object& message);
  void handle_datagram(base::Instant now, const net::Datagram& datagram) {
    switchboard_.handle_datagram(now, datagram);
  }
  void handle_report(base::Instant now, const FloorReport& report);
  void handle_levels(const LevelsReport& levels);
  void handle_timeout(base::Instant now);
  [[nodiscard]] base::Instant next_timeout() const;

  /// "stop" came: programme and returns fade out within kFadeOut, then the process may end.
  [[nodiscard]] bool is_stopping() const { return is_stopping_; }
  void close_all(base::Instant now) { switchboard_.close_all(now); }

  [[nodiscard]] DeckPlayer::Position deck_position() const { return deck_.position(); }
  [[nodiscard]] std::uint64_t desired_version() const { return desired_version_; }
  [[nodiscard]] std::size_t session_count() const { return switchboard_.session_count(); }

  static constexpr base::Duration kFadeOut = std::chrono::milliseconds(500);

 private:
  void apply_desired(base::Instant now, const boost::json::object& message);
  void apply_command(const boost::json::object& message);
  void answer_offer(base::Instant now, const boost::json::object& message);
  void answer_ice_restart(base::Instant now, const boost::json::object& message);
  void reply(const std::string& request_id, const OrRefusal<SessionAnswer>& outcome);

  StageSink& sink_;
  Switchboard switchboard_;
  SeatBook seats_;
  DeckPlayer deck_;
  std::optional<link::DeckHint> resume_point_;
  bool has_desired_ = false;
  std::uint64_t desired_version_ = 0;
  bool is_stopping_ = false;
  base::Instant next_deck_report_ = base::Instant::never();

  // Commands seen, so that one sent again is acknowledged again and not applied again.
  std::unordered_set<std::string> seen_;
  std::deque<std::string> seen_order_;
};

}  // namespace shelcaster::app
