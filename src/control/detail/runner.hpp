#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/ask.hpp"
#include "control/detail/commands.hpp"
#include "control/detail/core.hpp"
#include "control/live_board.hpp"
#include "control/rate_limit.hpp"
#include "link/messages.hpp"

namespace shelcaster::control::detail {

/// So many items of its queue does a mixer know: all, or of a longer one the first and those from
/// the one on the deck on.
inline constexpr std::size_t kWindowItems = 32;

/// Whom all Runners of a process work with.
struct RunnerParts {
  Core& core;
  LiveBoard& board;
  Stages& stages;
  Ask& ask;
};

/// How a Runner comes to its show.
enum class Begins {
  kWithTheShow,
  kInTheMiddle,  // of one that an earlier process started
};

/// The control plane's side of one show that is on the air, or on its way there or off it: sends
/// its keeper the desired state and commands, passes questions on, takes in what the keeper
/// reports, and writes on the Live board what others must know. What is wanted it reads in the
/// store, when its doorbell rings and now and then.
class Runner {
 public:
  Runner(RunnerParts, const studio::Show&, Begins);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  /// Its doorbell has rung. Not for kShow, of which see look_at_show(), and kWatchers.
  void handle_ring(Changed);
  void look_at_show(const studio::Show&);
  /// Tells the keeper, if that has changed, whether anybody at a desk looks at the show.
  void tell_watching(bool is_watched);
  void handle_question(const Question&);
  void handle_link(const link::KeeperToServe&);
  void handle_link_closed();
  void handle_stage_exit();
  void handle_tick();

 private:
  struct Pending {
    StoredCommand stored;
    std::optional<base::Instant> sent_at;
    base::Instant given_up_at;  // of what waits until it can be played
  };
  /// The part of the queue that was sent last, and what it was made of.
  struct Window {
    std::uint64_t music_version = 0;
    studio::ItemId plays;
    studio::ItemId plays_over;
    std::vector<link::QueueItem> items;
  };
  /// An offer or an ICE restart that is with the keeper.
  struct Asked {
    base::Instant deadline;
    std::string session_id;
    std::string ufrag;  // of the restart
    bool is_offer = false;
  };

  /// What stands on the board of this show.
  [[nodiscard]] const LiveShow& live() const;
  template <typename Write>
  void write(Write change) {
    parts_.board.update(id_, change);
  }
  void tell_supervisor();
  /// The link is gone, and with it what ran behind it as far as we know.
  void lose_link();
  /// Another composition is being launched in place of the one before.
  void begin_task();
  void look();
  void become_live();
  void become_stopped();

  // runner_desired.cpp
  std::int64_t stored_version();
  void push_desired();
  /// The part of the queue that the mixer needs now.
  const std::vector<link::QueueItem>& window();
  /// A state that no frame takes is an error of this show only.
  void report_oversized(const studio::Show&);

  // runner_commands.cpp
  void look_at_commands();
  void look_at_played();
  void send_commands();
  void look_at_deferred();
  void give_deferred(const Pending&, const studio::Track&);
  /// A new mixer finds again by itself what stands in the queue, but not what PLAY_MEDIA put on.
  void play_again();
  [[nodiscard]] std::vector<StoredCommand> waiting() const;
  studio::Deck deck();

  // runner_seats.cpp
  void note_present(const studio::ParticipantId&);
  void note_seated_present();
  void forget_present();
  void look_at_people();
  void watch_absent();
  /// Adds the session that a person is here by to theirs. False when it is there already.
  bool note_session(studio::Participant&, const std::string& session);
  bool may_tell_of(const studio::Participant&);
  /// All of the show but these.
  void end_sessions(const std::vector<std::string>& except);

  // runner_questions.cpp
  void take(const Question&, const link::Offer&);
  void take(const Question&, const link::IceRestart&);
  void take(const Question&, const link::CloseSession&);
  void take(const Question&, const WhenStopped&) {}
  std::optional<Asked> take_asked(const std::string& request_id);
  void expire_asked();
  void forget_session(const std::string& session);

  // runner_reports.cpp
  void take(const link::Hello&);
  void take(const link::Status&);
  void take(const link::Stopped&);
  void take(const link::Levels&);
  void take(const link::Answer&);
  void take(const link::Refuse&);
  void take(const link::SeatReport&);
  void take(const link::Listens&);
  void take(const link::Sessions&);
  void take(const link::DeckReport&);
  void take(const link::DeckItemEnded&);
  void take(const link::DeadAirStarted&);
  void take(const link::DeadAirEnded&);
  void take(const link::Ack&);
  /// The track of the item that the deck reports to have on it.
  std::optional<studio::Track> track_on_deck(const studio::ItemId&);
  /// What PLAY_MEDIA put on the deck, as it was called then.
  std::optional<studio::Track> played_track();
  bool is_unheard(const studio::Track&, const std::string& item_id);
  /// `fallback`: what plays from now on in a silent programme's place.
  void note_dead_air(const std::string& fallback, std::string_view event, boost::json::object data);

  /// What a keeper tells once and the store couldn't take, until it can.
  void keep_unstored(link::KeeperToServe);
  void retry_unstored();

  RunnerParts parts_;
  Core& core_;
  const studio::ShowId id_;
  std::int64_t task_number_ = 0;
  bool is_hearing_ = false;  // mix runs
  bool is_told_to_stop_ = false;
  bool is_unstored_ = false;  // the store couldn't take that the show runs
  /// Whether the keeper was told on this link that somebody looks at levels.
  std::optional<bool> is_watched_;
  /// By how much the versions that this keeper is given are ahead of the store's.
  std::int64_t version_lead_ = 0;
  std::int64_t pushed_version_ = 0;  // the store's, of what was sent last
  std::optional<base::Instant> looked_at_;

  std::vector<Pending> commands_;
  std::vector<std::string> unusable_;  // of which the log has been told
  std::optional<studio::QueueItem> played_;
  std::string played_title_;  // in place of its track's, unless empty
  std::optional<Window> window_;
  std::optional<base::Instant> deck_stored_at_;

  /// Callers on the air whom the mixer doesn't hear, and since when it could have.
  std::map<studio::ParticipantId, base::Instant> absent_since_;
  /// What the log is told of one caller's connections in a minute, and of those from one network.
  static constexpr std::size_t kTellsOfOnePerMinute = 30;
  static constexpr std::size_t kTellsOfNetworkPerMinute = 240;
  RateLimit tells_of_one_{kTellsOfOnePerMinute};
  RateLimit tells_of_network_{kTellsOfNetworkPerMinute};
  std::optional<base::Instant> absent_looked_at_;
  std::map<std::string, Asked> asked_;  // by request id
  std::deque<link::KeeperToServe> unstored_;
};

}  // namespace shelcaster::control::detail
