#pragma once

#include <exception>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "control/api.hpp"
#include "control/detail/answers.hpp"
#include "control/detail/change.hpp"
#include "control/detail/counters.hpp"
#include "control/detail/event_hub.hpp"
#include "control/detail/import_states.hpp"
#include "control/detail/library_index.hpp"
#include "control/detail/part.hpp"
#include "control/detail/read_versions.hpp"
#include "control/detail/step_documents.hpp"
#include "control/doorbell.hpp"
#include "control/problem.hpp"
#include "control/token.hpp"
#include "store/store.hpp"
#include "studio/model.hpp"

namespace shelcaster::control::detail {

struct Call;

/// How often a step is run that somebody else's write has come into, each time from its start.
inline constexpr int kAttemptsMax = 5;
/// Of one write that is a step of larger work: the rest is for what the last one needs besides
/// (the answer, a show's own document, the event that says so, its log's counter).
inline constexpr std::size_t kStepActionsMax = store::kWriteActionsMax - 20;

/// Somebody else has written what a step has read: nothing of it was done, and it can be run again.
struct Conflict : Refusal {};

/// What the Core needs from outside: all that the Api has but the shows' processes, which are the
/// Runners' and the Supervisor's to talk to.
struct CorePorts {
  store::Store& store;
  Media& media;
  Recordings& recordings;
  ShowFiles& show_files;
  ViewerCounts& viewers;
  const Processes& processes;
  Alarms& alarms;
  const Clock& clock;
  base::Random& random;
  Doorbell& doorbell;
};

/// What Front, Runners and Supervisor stand on: the store read as domain objects, the one way to
/// commit, tokens. It keeps nothing but what it has read and not seen written since. Reads that
/// fail or find nothing are refusals; a document that can't be read is its own show's or track's
/// trouble, and says so where that is seen.
class Core {
 public:
  Core(ApiConfig, CorePorts, EventHub&, Counters&, ImportStates&);

  [[nodiscard]] base::WallTime wall() const { return ports.clock.wall(); }
  std::string new_id(std::string_view prefix) {
    return std::string(prefix) + "-" + ports.random.token(12);
  }
  Change change(const Identity& who);
  Change change_by_system() { return {"system", wall()}; }

  /// What a step needs, asked of the store at once and before it is looked at: that costs no round
  /// trip any more, until the step's next write. What was asked for before isn't again.
  void fetch(store::Reading);
  void fetch(const studio::ShowId&, std::initializer_list<Part>);
  /// The same, and where a person of the show may be.
  void fetch_person(const studio::ShowId&, const studio::ParticipantId&,
                    std::initializer_list<Part> = {});
  void fetch_tracks(const std::vector<studio::TrackId>&);
  void fetch_tracks(const std::vector<studio::QueueItem>&);
  void fetch_queues(const std::vector<studio::Show>&);
  /// Looked at, and no condition of what the step writes. Valid until the next write or step.
  const std::optional<store::Document>& peek(const store::Key&);
  const std::vector<store::Document>& peek_all(const store::Scope&);

  std::optional<studio::Show> find_show(const studio::ShowId&);
  studio::Show show(const studio::ShowId&);  // 404
  std::vector<studio::Show> shows();
  std::optional<studio::Participant> find_participant(const studio::ShowId&,
                                                      const studio::ParticipantId&);
  studio::Participant participant(const studio::ShowId&, const studio::ParticipantId&);  // 404
  /// Those whom the show works with, in order of joining; not those who left long ago.
  std::vector<studio::Participant> participants(const studio::ShowId&);
  /// Those who left long ago, in order of their ids.
  std::vector<studio::Participant> past_participants(const studio::ShowId&,
                                                     const studio::ParticipantId& after,
                                                     std::size_t limit);
  studio::AudioRouting routing(const studio::ShowId&);
  /// Until when silence is declared, Unix ms; 0 if never.
  std::int64_t silence_until_ms(const studio::ShowId&);
  studio::Queue queue(const studio::ShowId&);
  studio::Deck stored_deck(const studio::ShowId&);
  std::vector<studio::Output> outputs(const studio::ShowId&);
  std::optional<studio::Track> find_track(const studio::TrackId&);
  /// Nothing also when it is another show's: its owner may have changed since it was queued.
  std::optional<studio::Track> find_track_for(const studio::ShowId&, const studio::TrackId&);
  /// All of them, which takes its time: for the start.
  std::vector<studio::Track> tracks();
  /// 409 when there are so many in the scope already. `what`: their name, for a person.
  void require_fewer_than(store::Collection, const std::string& scope, std::size_t count_max,
                          std::string_view what);
  /// Its first sound is there, at least.
  bool is_playable(const studio::TrackId&);
  /// One to play from: nothing when it can't be read.
  std::optional<studio::Tracklist> find_tracklist(const studio::TracklistId&);
  /// One to look at, change or delete: an empty one stands for what can't be read, as in
  /// tracklists().
  std::optional<studio::Tracklist> seen_tracklist(const studio::TracklistId&);
  /// As tracks().
  std::vector<studio::Tracklist> tracklists();
  /// kLately: what another process has written may be missing for ten seconds, and its version too.
  enum class Freshness { kLately, kNow };
  /// What there is of tracks or tracklists, without reading it. The first call, at the start, reads
  /// all of it; the later ones what another process has written. Valid until the next call of the
  /// Core that writes, or of this.
  const LibraryIndex& library(store::Collection, Freshness = Freshness::kLately);
  std::optional<studio::Session> find_session(const studio::SessionId&);
  /// The ids of a show's sessions, whether they can be read or not. Reads all that there are: for a
  /// rare request.
  std::set<std::string> sessions_of(const studio::ShowId&);
  /// The ids of the tracks or tracklists that are this show's own, whether they can be read or not,
  /// as far as they say whose they are.
  std::vector<std::string> owned_by(store::Collection, const studio::ShowId&);
  /// The ids of deleted shows whose own things haven't all gone yet.
  std::vector<std::string> ended_shows();
  /// Whether it can be read or not.
  bool exists(const store::Key&);
  /// The keys of what has this scope, at most `limit` of them.
  std::vector<store::Key> keys_of(store::Collection, const std::string& scope, std::size_t limit);
  store::EventRange event_range(const studio::ShowId&);
  /// What of a show can't be read, for a person. Found when it was last read.
  [[nodiscard]] std::vector<std::string> unreadable(const studio::ShowId&) const;
  /// Whether it was so when it was last read.
  [[nodiscard]] bool is_unreadable(const store::Key& key) const {
    return unreadable_.contains(key);
  }
  [[nodiscard]] std::size_t unreadable_count() const { return unreadable_.size(); }

  /// Does what concerns one show, or one part of the desk, only: a refusal there is logged, and the
  /// others go on.
  template <typename Work>
  bool contained(std::string_view what, Work work) {
    const Step step(*this);
    try {
      work();
      return true;
    } catch (const Refusal& refusal) {
      log_failure(std::string(what) + ": " + refusal.problem.detail);
    } catch (const std::exception& error) {
      log_failure(std::string(what) + ": " + error.what());
    }
    return false;
  }

  /// A call, a report or a look of the tick, from its begin to its end: what was read before
  /// doesn't count for it. One within another is a part of it.
  class Step {
   public:
    explicit Step(Core& core) : core_(core) {
      if (core_.steps_++ == 0) core_.read_.begin_step();
    }
    ~Step() {
      if (--core_.steps_ == 0) core_.documents_.clear();
    }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    Core& core_;
  };

  /// Writes all of it durably, on the condition that nobody has changed what this step has read and
  /// the change puts or removes; then tells subscribers and rings whom it concerns. Throws Refusal
  /// 503 when the store fails, and Conflict when somebody else was first; nothing is changed then.
  void commit(Change&);
  /// For what has happened whether the store can keep it or not: false when it can't, or when
  /// somebody else was first.
  bool try_commit(Change&);
  /// The same, and made anew when somebody else was first: `make` takes an empty Change by the
  /// system, reads what it changes, and has no effect but on the change and on what it is made anew
  /// of. False when the store can't keep it.
  template <typename Make>
  bool try_commit_made(Make make) {
    for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
      Change change = change_by_system();
      change.let_wait();
      try {
        make(change);
      } catch (const Conflict&) {
        continue;  // at a step before the last
      }
      try {
        commit(change);
        return true;
      } catch (const Conflict&) {
        continue;
      } catch (const Refusal&) {
        return false;  // commit() has logged and counted it
      }
    }
    return false;
  }
  /// Makes room in a change that is more than one write can hold: when it hasn't room for so many
  /// actions more, what it has is committed as a step of its own, and it goes on empty. Where the
  /// work is broken off in between, it is begun again and goes on from there; the last step, which
  /// the caller commits, is the one that makes it so. Throws as commit() does.
  void commit_step(Change&, std::size_t actions_to_come);
  /// To be called now and then: writes what waits for the disk.
  void write_waiting();
  /// Why the disk can't be written, as the last write found it; empty: it can, for all that is
  /// known.
  [[nodiscard]] std::string disk_problem() const;
  /// Whether to try again what the store couldn't take: not at each tick of a disk that fails.
  [[nodiscard]] bool may_try_again() const;
  /// Commits, with the answer remembered for the request's Idempotency-Key, and answers.
  Response reply(const Call&, Change&, int status, const boost::json::value& body);
  /// Before a handler makes an answer that may be remembered.
  void begin_answer() { issued_.clear(); }
  /// A remembered answer as it is to be given again: its tokens are signed anew. 403 when it has
  /// the token of somebody who was removed.
  Response again(const store::Answer&);
  /// Says so in an answer that would be lost with this process.
  void tell_storage(Response&) const;

  /// Another one after each write of a queue or a track.
  [[nodiscard]] std::uint64_t music_version() const { return music_version_; }
  /// Somebody else has written that: it is read anew.
  void forget_read(const studio::ShowId&, Changed);

  std::string token(Scope, const studio::ShowId&, const studio::ParticipantId& = {});
  /// The public one that is good now.
  std::string invitation(const studio::Show&);
  /// The asker's own seat as a host; for an admin, who has none, the owner's.
  std::string host_token(const Identity&, const studio::Show&);
  /// What stands for the network that an address is in, and doesn't tell which it is.
  [[nodiscard]] std::string network_mark(const std::string& address) const;

  ApiConfig config;
  CorePorts ports;
  TokenSigner signer;
  EventHub& hub;
  Counters& counters;
  ImportStates& imports;

 private:
  /// The store's conditions, of what the step has read.
  void expect_what_was_read(Change&);
  /// Desired states that have no room in their change get their versions before it.
  void count_desired(Change&);
  void note_written(const Change&);
  void forget_what_was_read(const Change&);
  void note_written(const store::Key&);
  const std::optional<store::Document>& get(const store::Key&);
  const std::vector<store::Document>& list(store::Collection, const std::string& scope);
  /// Of the documents without a scope whose field names this show.
  std::set<std::string> ids_where(store::Collection, std::string_view field, const studio::ShowId&);
  template <typename Thing>
  std::optional<Thing> parsed(const store::Document&);
  template <typename Thing>
  std::optional<Thing> find(const store::Key&);
  template <typename Thing>
  std::vector<Thing> all(store::Collection, const std::string& scope);
  struct Library {
    LibraryIndex index;
    std::optional<base::Instant> checked_at;  // nothing: not to be relied on
  };
  /// Nothing for what isn't of the library.
  Library* library_of(store::Collection);
  void note_in_library(const store::Key&, std::int64_t version, const boost::json::object& body);
  void doubt_in_library(const store::Key&);
  void remove_from_library(const store::Key&);
  [[noreturn]] void store_failed(const base::Error&);
  /// The same words once a minute.
  void log_failure(const std::string&);

  std::uint64_t music_version_ = 1;
  /// As last read and not written since: a fader asks for them each time. Not for long, since
  /// somebody else may write, too.
  struct People {
    std::vector<studio::Participant> all;
    std::shared_ptr<const ReadVersions::Versions> versions;
    base::Instant read_at;
  };
  /// Nothing when they have to be read.
  [[nodiscard]] const People* kept_people(const studio::ShowId&) const;
  std::map<studio::ShowId, People> people_;
  Library tracks_;
  Library tracklists_;
  ReadVersions read_;
  StepDocuments documents_;
  int steps_ = 0;                    // that are under way, one in the other
  std::vector<IssuedToken> issued_;  // since begin_answer()
  std::string refused_write_;        // why the last write was, unless another was taken since
  base::Instant refused_at_;
  std::map<store::Key, std::string> unreadable_;
  std::map<std::string, base::Instant> logged_at_;  // by what was logged
};

struct Call {
  Request request;
  Respond respond;
  std::vector<std::string> params;  // of the path, in order
  std::map<std::string, std::string> query;
  boost::json::object body;
  Identity who;
  std::string route;       // the pattern, for counters
  std::string answer_key;  // of the Idempotency-Key; empty: none
  /// Of which show's queue the answer is the picture; it is made anew for who asks again.
  std::optional<studio::ShowId> answers_with_queue_of = {};
  bool may_wait = false;  // as its route says
  /// The handler was run before for this call, and somebody else's write came into it. Whoever
  /// counts calls has counted this one.
  bool is_again = false;

  [[nodiscard]] studio::ShowId show_id() const { return studio::ShowId(params.at(0)); }
};

/// What players are given, as the asker sees us.
inline std::string hls_url(const Call& call, const studio::ShowId& show) {
  return call.request.base_url + "/live/" + show.str() + "/master.m3u8";
}

}  // namespace shelcaster::control::detail
