#pragma once

#include <boost/json.hpp>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "store/documents.hpp"
#include "store/store.hpp"
#include "studio/model.hpp"

namespace shelcaster::control::detail {

// Where each thing stands.
store::Key key_of(const studio::Show&);
store::Key key_of(const studio::Participant&);
store::Key key_of(const studio::Track&);
store::Key key_of(const studio::Tracklist&);
store::Key key_of(const studio::Session&);
store::Key key_of(const studio::ShowId&, const studio::AudioRouting&);
store::Key key_of(const studio::ShowId&, const studio::Queue&);
store::Key key_of(const studio::ShowId&, const studio::Deck&);
store::Key key_of(const studio::ShowId&, const studio::Output&);

/// What one command changes: documents, events, and whose desired state moves by it. Each document
/// says on what it stands: put() on the version that was read in the same step, create() on none,
/// overwrite() on whatever is there. Core::commit() makes conditions of the write of that.
class Change {
 public:
  Change(std::string actor, base::WallTime at) : actor_(std::move(actor)), at_(at) {}

  /// Over what was read; what was read as missing must still be missing.
  template <typename Thing>
  void put(const Thing& thing) {
    plan(key_of(thing), store::to_document(thing), Basis::kRead);
  }
  template <typename Thing>
  void put(const studio::ShowId& show, const Thing& thing) {
    plan(key_of(show, thing), store::to_document(thing), Basis::kRead);
  }
  /// It must be new.
  template <typename Thing>
  void create(const Thing& thing) {
    plan(key_of(thing), store::to_document(thing), Basis::kNew);
  }
  template <typename Thing>
  void create(const studio::ShowId& show, const Thing& thing) {
    plan(key_of(show, thing), store::to_document(thing), Basis::kNew);
  }
  void create(store::Key key, boost::json::object body) {
    plan(std::move(key), std::move(body), Basis::kNew);
  }
  /// For what has one writer, or is replaced whole whatever it was. Whoever calls it says why.
  void overwrite(store::Key key, boost::json::object body) {
    plan(std::move(key), std::move(body), Basis::kAnything);
  }
  template <typename Thing>
  void overwrite(const studio::ShowId& show, const Thing& thing) {
    plan(key_of(show, thing), store::to_document(thing), Basis::kAnything);
  }
  /// Out of what the show works with, or back into it.
  void move(studio::Participant&, bool to_past);
  /// In the version that was read, if it was.
  void remove(store::Key);
  /// The show is gone: its log and the answers about it go too.
  void end(const studio::ShowId& show) { write_.ended_shows.push_back(show.str()); }
  void event(const studio::ShowId&, std::string kind, boost::json::object data = {});
  /// It may be kept in memory while the disk can't be written.
  void let_wait() { write_.may_wait = true; }
  /// Callers and who would be one bring it about: of the room for what waits they have one share.
  void by_callers() { write_.share = "callers"; }
  void by_desk_of(const studio::ShowId& show) { write_.share = show.str(); }
  /// The show's desired state changes: a new version goes to its keeper after the commit.
  void desire(const studio::ShowId& show) { desired_.insert(show); }
  /// To be done when it is committed, and not at all when it isn't.
  void then(std::function<void()> effect) { effects_.push_back(std::move(effect)); }

  [[nodiscard]] base::WallTime at() const { return at_; }
  [[nodiscard]] const std::string& actor() const { return actor_; }
  /// Actions of the store's write, without the versions of desired states: see Core::commit().
  [[nodiscard]] std::size_t actions() const { return store::actions_of(write_); }
  [[nodiscard]] bool empty() const { return write_.empty() && desired_.empty(); }

 private:
  friend class Core;
  enum class Basis { kRead, kNew, kAnything };
  void plan(store::Key, boost::json::object body, Basis);
  /// The same author, time and share, and nothing to do yet.
  [[nodiscard]] Change another() const;

  store::Write write_;
  std::vector<Basis> bases_;  // of each of the puts
  std::set<studio::ShowId> desired_;
  std::vector<std::function<void()>> effects_;
  std::string actor_;
  base::WallTime at_;
};

}  // namespace shelcaster::control::detail
