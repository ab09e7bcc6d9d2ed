#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "control/detail/core.hpp"
#include "link/messages.hpp"

namespace shelcaster::control::detail {

/// What is known of a running show and stands in no store: it is gone with this process, and the
/// keeper tells it again.
struct LiveShow {
  bool is_connected = false;  // the keeper's link
  bool is_running = false;    // mix and publish both run
  /// Whether the keeper was told on this link that somebody looks at levels.
  std::optional<bool> is_watched;
  /// By how much the versions that this keeper is given are ahead of the store's.
  std::int64_t version_lead = 0;
  bool is_unstored = false;  // the store couldn't take that they do
  /// When the state that we wait for (running, stopped, the keeper's redial) must be there.
  std::optional<base::Instant> deadline;
  std::map<studio::ParticipantId, link::SeatReport> seats;
  std::optional<studio::Deck> deck;
  std::optional<base::Instant> deck_stored_at;
  /// What PLAY_MEDIA put on the deck last: it stands in no queue.
  std::optional<studio::QueueItem> played;
  /// Tracks whose items have left the queue while they were being imported.
  std::set<studio::TrackId> left_unready;
  std::int64_t keeper_pid = 0;
  boost::json::object status;  // the keeper's last
  std::optional<base::WallTime> last_heartbeat;
  /// What plays since the programme was silent: "queue", "bed", "nothing" or "" (it isn't); not
  /// known until this keeper or its start says so.
  std::optional<std::string> fallback;
  std::vector<Respond> stop_waiters;
  std::optional<base::Instant> running_since;
  /// Keepers in a row that ended before the show had run steadily.
  int failures = 0;
  struct PendingCommand {
    std::string key_id;  // in the store
    std::string id;
    boost::json::object message;
    std::optional<base::Instant> sent_at;
  };
  std::vector<PendingCommand> commands;
};

/// Brings shows to what the store says: launches and stops their keepers, sends desired state and
/// commands, takes in what keepers report, and keeps the deadlines.
class ShowRunner {
 public:
  explicit ShowRunner(Core&);

  /// Adds the way to STARTING to the change. 409 from a status that may not start.
  void prepare_start(studio::Show&, Change&);
  /// After the commit of prepare_start. A launch that fails makes the show ERROR and throws 503.
  void launch(const studio::Show&);
  void prepare_stop(studio::Show&, Change&);
  void send_stop(const studio::ShowId&);
  /// Responds with {status} when the show has stopped.
  void when_stopped(const studio::ShowId&, Respond);
  void forget(const studio::ShowId&);

  /// Adds a deck command to the change; enqueue() it after the commit.
  LiveShow::PendingCommand prepare_command(const studio::ShowId&, const link::Command&, Change&);
  void enqueue(const studio::ShowId&, LiveShow::PendingCommand);
  /// The item that a SKIP given now means: skipping what somebody hears, it does nothing when the
  /// deck has gone on by itself or the command comes twice. Empty: nothing plays. Throws 503 while
  /// that is not known: no keeper has reported to this process yet.
  studio::ItemId skipped_by_next(const studio::ShowId&);
  /// PLAY_MEDIA puts this on the deck; taken up by note_played() after the commit.
  void prepare_played(const studio::ShowId&, const studio::QueueItem&, Change&);
  void note_played(const studio::ShowId&, const studio::QueueItem&);
  /// The item of this track that the show's queue or deck has.
  std::optional<studio::QueueItem> find_item(const studio::ShowId&, const studio::TrackId&);
  /// Whether an item of this track was at its end before the track's import was; forgotten then.
  bool take_left_unready(const studio::ShowId&, const studio::TrackId&);
  /// After the import of a track has failed: a deck that waits for its first sound goes on to the
  /// next item. What has been decoded is played to its end.
  void skip_unheard(const studio::ShowId&, const studio::QueueItem&);

  void recover();
  void handle_tick();
  void handle_link(const studio::ShowId&, const boost::json::object&);
  void handle_link_closed(const studio::ShowId&);
  void handle_stage_exit(const studio::ShowId&, std::string_view detail);
  void push_desired(const studio::ShowId&);
  /// Tells keepers for whom that has changed whether anybody at a desk looks at their show.
  void tell_watching();

  [[nodiscard]] const LiveShow* find_live(const studio::ShowId&) const;
  [[nodiscard]] base::WallTime wall() const { return core_.wall(); }
  studio::Deck deck(const studio::ShowId&);
  [[nodiscard]] studio::ParticipantFacts facts(const studio::Participant&) const;
  [[nodiscard]] const std::map<studio::ShowId, LiveShow>& all() const { return live_; }
  link::QueueItem item_of(const studio::ItemId&, const studio::Track&) const;

 private:
  LiveShow& live(const studio::ShowId&);
  std::optional<std::int64_t> duration_of(const studio::ShowId&, const studio::ItemId&);
  /// A new mixer finds again by itself what stands in the queue, but not what PLAY_MEDIA put on.
  void play_again(const studio::ShowId&);
  void drop_commands(const studio::ShowId&, Change&);
  void become_live(studio::Show);
  void become_stopped(studio::Show);
  void fail(studio::Show, const std::string& why);
  void relaunch(const studio::Show&);
  void launch(const studio::Show&, bool is_resumed);
  void send_commands(const studio::ShowId&);
  void resend_commands(const studio::ShowId&, LiveShow&);
  [[nodiscard]] std::int64_t stored_version(const studio::ShowId&) const;
  void expire(const studio::ShowId&, LiveShow&);

  void do_hello(const studio::ShowId&, const boost::json::object&);
  void do_status(const studio::ShowId&, const boost::json::object&);
  void do_seat(const studio::ShowId&, const boost::json::object&);
  void do_sessions(const studio::ShowId&, const boost::json::object&);
  /// All of the show but these.
  void end_sessions(const studio::ShowId&, const std::vector<std::string>& except);
  void do_deck(const studio::ShowId&, const boost::json::object&);
  void do_deck_item_ended(const studio::ShowId&, const boost::json::object&);
  void do_dead_air(const studio::ShowId&, const boost::json::object&);
  void do_ack(const studio::ShowId&, const boost::json::object&);

  /// What a keeper tells once and the store couldn't take, until it can.
  void keep_unstored(const studio::ShowId&, const boost::json::object&);
  void retry_unstored();

  Core& core_;
  std::map<studio::ShowId, LiveShow> live_;
  std::deque<std::pair<studio::ShowId, boost::json::object>> unstored_;
};

}  // namespace shelcaster::control::detail
