#include "control/detail/change.hpp"

#include <algorithm>
#include <utility>

namespace shelcaster::control::detail {

using store::Collection;
using store::Key;

Key key_of(const studio::Show& v) { return {Collection::kShows, "", v.id.str()}; }
Key key_of(const studio::Participant& v) {
  const Collection where = v.is_past ? Collection::kPastParticipants : Collection::kParticipants;
  return {where, v.show_id.str(), v.id.str()};
}
Key key_of(const studio::Track& v) { return {Collection::kTracks, "", v.id.str()}; }
Key key_of(const studio::Tracklist& v) { return {Collection::kTracklists, "", v.id.str()}; }
Key key_of(const studio::Session& v) { return {Collection::kSessions, "", v.id.str()}; }
Key key_of(const studio::ShowId& show, const studio::AudioRouting& /*of*/) {
  return {Collection::kRouting, show.str(), "CONFIG"};
}
Key key_of(const studio::ShowId& show, const studio::Queue& /*of*/) {
  return {Collection::kQueues, show.str(), "QUEUE"};
}
Key key_of(const studio::ShowId& show, const studio::Deck& /*of*/) {
  return {Collection::kDecks, show.str(), "DECK"};
}
Key key_of(const studio::ShowId& show, const studio::Output& v) {
  return {Collection::kOutputs, show.str(), v.id};
}

void Change::move(studio::Participant& v, bool to_past) {
  if (v.is_past == to_past) return put(v);
  remove(key_of(v));
  v.is_past = to_past;
  // Nobody stands in both places.
  create(v);
}

void Change::plan(Key key, boost::json::object body, Basis basis) {
  // A document stands once in a write: what comes later holds, over what the first stood on.
  const auto is_same = [&](const store::Remove& remove) { return remove.key == key; };
  if (std::erase_if(write_.removes, is_same) > 0) basis = Basis::kRead;
  for (store::Put& put : write_.puts) {
    if (put.key != key) continue;
    put.body = std::move(body);
    return;
  }
  write_.puts.push_back({std::move(key), std::move(body), std::nullopt});
  bases_.push_back(basis);
}

void Change::remove(Key key) {
  for (std::size_t i = 0; i < write_.puts.size(); ++i) {
    if (write_.puts[i].key != key) continue;
    const bool was_new = bases_[i] == Basis::kNew;
    write_.puts.erase(write_.puts.begin() + static_cast<std::ptrdiff_t>(i));
    bases_.erase(bases_.begin() + static_cast<std::ptrdiff_t>(i));
    if (was_new) return;
    break;
  }
  const auto is_same = [&](const store::Remove& remove) { return remove.key == key; };
  if (std::any_of(write_.removes.begin(), write_.removes.end(), is_same)) return;
  write_.removes.emplace_back(std::move(key));
}

void Change::event(const studio::ShowId& show, std::string kind, boost::json::object data) {
  write_.events.push_back({show.str(), 0, at_, std::move(kind), actor_, std::move(data)});
}

Change Change::another() const {
  Change change(actor_, at_);
  change.write_.may_wait = write_.may_wait;
  change.write_.share = write_.share;
  return change;
}

}  // namespace shelcaster::control::detail
