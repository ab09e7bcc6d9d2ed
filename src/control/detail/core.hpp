#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "control/api.hpp"
#include "control/detail/event_hub.hpp"
#include "control/problem.hpp"
#include "control/token.hpp"
#include "store/store.hpp"
#include "studio/model.hpp"

namespace shelcaster::control::detail {

/// What one command changes: documents, events, and whose desired state moves by it.
class Change {
 public:
  Change(std::string actor, base::WallTime at) : actor_(std::move(actor)), at_(at) {}

  void put(const studio::Show&);
  void put(const studio::Participant&);
  void put(const studio::ShowId&, const studio::AudioRouting&);
  void put(const studio::ShowId&, const studio::Queue&);
  void put(const studio::ShowId&, const studio::Deck&);
  void put(const studio::ShowId&, const studio::Output&);
  void put(const studio::Track&);
  void put(const studio::Tracklist&);
  void put(const studio::Session&);
  void put(store::Key, boost::json::object body);
  void remove(store::Key);
  void event(const studio::ShowId&, std::string kind, boost::json::object data = {});
  /// It may be kept in memory while the disk can't be written.
  void let_wait() { write_.may_wait = true; }
  /// The show's desired state changes: a new version goes to its keeper after the commit.
  void desire(const studio::ShowId& show) { desired_.insert(show); }

  [[nodiscard]] base::WallTime at() const { return at_; }
  [[nodiscard]] const std::string& actor() const { return actor_; }

 private:
  friend class Core;
  store::Write write_;
  std::set<studio::ShowId> desired_;
  std::string actor_;
  base::WallTime at_;
};

struct Call;

/// What every handler stands on: the store read as domain objects, the one way to commit, tokens,
/// counters. Reads that fail or find nothing are refusals.
class Core {
 public:
  Core(ApiConfig, ApiPorts);

  [[nodiscard]] base::WallTime wall() const { return ports.clock.wall(); }
  std::string new_id(std::string_view prefix) {
    return std::string(prefix) + "-" + ports.random.token(12);
  }
  Change change(const Identity& who) { return {who.actor(), wall()}; }
  Change change_by_system() { return {"system", wall()}; }

  std::optional<studio::Show> find_show(const studio::ShowId&);
  studio::Show show(const studio::ShowId&);  // 404
  std::vector<studio::Show> shows();
  std::optional<studio::Participant> find_participant(const studio::ShowId&,
                                                      const studio::ParticipantId&);
  studio::Participant participant(const studio::ShowId&, const studio::ParticipantId&);  // 404
  std::vector<studio::Participant> participants(const studio::ShowId&);  // in order of joining
  studio::AudioRouting routing(const studio::ShowId&);
  /// Until when silence is declared, Unix ms; 0 if never.
  std::int64_t silence_until_ms(const studio::ShowId&);
  studio::Queue queue(const studio::ShowId&);
  studio::Deck stored_deck(const studio::ShowId&);
  std::vector<studio::Output> outputs(const studio::ShowId&);
  std::optional<studio::Track> find_track(const studio::TrackId&);
  std::vector<studio::Track> tracks();
  std::optional<studio::Tracklist> find_tracklist(const studio::TracklistId&);
  std::vector<studio::Tracklist> tracklists();
  std::optional<studio::Session> find_session(const studio::SessionId&);
  std::uint64_t last_event(const studio::ShowId&);

  /// Writes all of it durably, then tells subscribers and keepers. Throws Refusal 503 when the
  /// store fails; nothing is changed then.
  void commit(Change&);
  /// For what has happened whether the store can keep it or not: false when it can't.
  bool try_commit(Change&);
  /// To be called now and then: writes what waits for the disk.
  void write_waiting();
  /// Why the disk can't be written, as the last write found it; empty: it can, for all that is
  /// known.
  [[nodiscard]] std::string disk_problem() const;
  /// Commits, with the answer remembered for the request's Idempotency-Key, and answers.
  Response reply(const Call&, Change&, int status, const boost::json::value& body);
  /// Says so in an answer that would be lost with this process.
  void tell_storage(Response&) const;

  std::string token(Scope, const studio::ShowId&, const studio::ParticipantId& = {});

  ApiConfig config;
  ApiPorts ports;
  TokenSigner signer;
  EventHub hub;
  /// Set by the ShowRunner: sends the new desired state.
  std::function<void(const studio::ShowId&)> on_desired;
  std::map<std::string, std::uint64_t> counters;  // "name{labels}" → value, for /metrics
  std::map<studio::TrackId, double> import_progress;

 private:
  std::string refused_write_;  // why the last write was, unless another was taken since
  std::optional<boost::json::object> get(const store::Key&);
  std::vector<boost::json::object> list(store::Collection, const std::string& scope);
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
  bool may_wait = false;   // as its route says

  [[nodiscard]] studio::ShowId show_id() const { return studio::ShowId(params.at(0)); }
};

}  // namespace shelcaster::control::detail
