#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "serve.hpp"

namespace shelcaster::sim {

/// Somebody at a desk who gives commands and remembers what became of each. A request that got no
/// answer, or one that says that nothing was changed, is given again under the same key until its
/// fate is known; in the end what was acknowledged is compared with what there is.
class Commander {
 public:
  /// What has become of a show, by those who carry it out.
  struct Outcome {
    struct Seat {
      bool is_on_air = false;
      int volume = 0;
    };
    // The mixer's.
    std::string deck_state;
    std::map<std::string, Seat> seats;
    int callers_volume = 0;
    /// The keeper's: items whose end was noted.
    std::set<std::string> ended;
  };

  Commander(Serve& serve, std::string show_id, std::string track_id, std::uint64_t seed);

  void add_seat(const std::string& participant, bool is_on_air);
  /// Gives one of some commands, drawn from the seed, unless one is still on its way.
  void command(base::Instant now);
  void fill_queue(base::Instant now, int items);
  void toggle(base::Instant now);
  void give(base::Instant now, const std::string& deck_command, std::int64_t position_ms = 0);
  /// Gives again what is due.
  void tick(base::Instant now);
  [[nodiscard]] bool is_idle() const { return waiting_.empty(); }
  /// "Nothing was changed, because …".
  [[nodiscard]] std::int64_t refused() const { return refused_; }
  /// Answers that said that the disk fails.
  [[nodiscard]] std::int64_t unsafe() const { return unsafe_; }
  [[nodiscard]] std::int64_t acknowledged() const { return acknowledged_; }

  /// When all is well again and all that was on its way has arrived: a line for each breach.
  std::vector<std::string> breaches(const Outcome& outcome);

 private:
  struct Waiting {
    std::string method, target, body, key;
    std::function<void(const boost::json::object& answer)> on_done;
    base::Instant again_at;
  };
  void send(base::Instant now, Waiting request);
  void move_fader(base::Instant now);
  void add_to_queue(base::Instant now);
  std::string next_key();
  boost::json::value look(const std::string& target);
  void compare_seats(std::vector<std::string>& found);
  void compare_mixer(const Outcome& outcome, std::vector<std::string>& found) const;
  void compare_events(std::vector<std::string>& found);
  void compare_queue(const std::set<std::string>& ended, std::vector<std::string>& found);

  Serve& serve_;
  const std::string show_id_;
  const std::string track_id_;
  base::SeededRandom dice_;
  std::vector<std::string> seats_;
  std::deque<Waiting> waiting_;
  int keys_ = 0;
  std::int64_t refused_ = 0;
  std::int64_t unsafe_ = 0;
  std::int64_t acknowledged_ = 0;
  // What was acknowledged.
  std::map<std::string, std::int64_t> volumes_;
  std::map<std::string, bool> on_air_;
  std::int64_t toggles_ = 0;
  std::int64_t doubled_ = 0;
  std::optional<std::int64_t> callers_volume_;
  std::set<std::string> items_;
  std::map<std::string, std::string> deck_commands_;  // id → name
  std::set<std::string> ends_told_;                   // items, by the events
  std::string last_transport_;                        // PLAY, PAUSE
};

}  // namespace shelcaster::sim
