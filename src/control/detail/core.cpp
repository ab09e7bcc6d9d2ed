#include "control/detail/core.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/log.hpp"
#include "store/documents.hpp"

namespace shelcaster::control::detail {

namespace json = boost::json;
using store::Collection;
using store::Key;

namespace {

[[noreturn]] void store_failed(const base::Error& error) {
  base::log::error("control", "{}", error.message);
  throw Refusal{
      {503,
       "nothing was changed, because the data folder's database can't be read or written (" +
           error.message + "); see that its disk has space and is writable, and try again",
       {},
       {},
       {{"Retry-After", "2"}}}};
}

template <typename Thing>
Thing parsed(const json::object& body) {
  auto thing = store::from_document<Thing>(body);
  if (!thing) store_failed(thing.error());
  return std::move(*thing);
}

template <typename Thing>
std::vector<Thing> all_parsed(const std::vector<json::object>& bodies) {
  std::vector<Thing> things;
  for (const json::object& body : bodies) things.push_back(parsed<Thing>(body));
  return things;
}

/// In order of creation.
template <typename Thing>
std::vector<Thing> by_age(const std::vector<json::object>& bodies) {
  auto all = all_parsed<Thing>(bodies);
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.created_at < b.created_at; });
  return all;
}

template <typename Thing>
std::optional<Thing> maybe_parsed(const std::optional<json::object>& body) {
  if (!body) return std::nullopt;
  return parsed<Thing>(*body);
}

}  // namespace

void Change::put(const studio::Show& v) {
  put(Key{Collection::kShows, "", v.id.str()}, store::to_document(v));
}
void Change::put(const studio::Participant& v) {
  put(Key{Collection::kParticipants, v.show_id.str(), v.id.str()}, store::to_document(v));
}
void Change::put(const studio::ShowId& show, const studio::AudioRouting& v) {
  put(Key{Collection::kRouting, show.str(), "CONFIG"}, store::to_document(v));
}
void Change::put(const studio::ShowId& show, const studio::Queue& v) {
  put(Key{Collection::kQueues, show.str(), "QUEUE"}, store::to_document(v));
}
void Change::put(const studio::ShowId& show, const studio::Deck& v) {
  put(Key{Collection::kDecks, show.str(), "DECK"}, store::to_document(v));
}
void Change::put(const studio::ShowId& show, const studio::Output& v) {
  put(Key{Collection::kOutputs, show.str(), v.id}, store::to_document(v));
}
void Change::put(const studio::Track& v) {
  put(Key{Collection::kTracks, "", v.id.str()}, store::to_document(v));
}
void Change::put(const studio::Tracklist& v) {
  put(Key{Collection::kTracklists, "", v.id.str()}, store::to_document(v));
}
void Change::put(const studio::Session& v) {
  put(Key{Collection::kSessions, "", v.id.str()}, store::to_document(v));
}
void Change::put(Key key, json::object body) {
  for (store::Put& put : write_.puts) {
    if (put.key == key) {
      put.body = std::move(body);
      return;
    }
  }
  write_.puts.push_back({std::move(key), std::move(body), std::nullopt});
}
void Change::remove(Key key) { write_.removes.push_back(std::move(key)); }
void Change::event(const studio::ShowId& show, std::string kind, json::object data) {
  write_.events.push_back({show.str(), 0, at_, std::move(kind), actor_, std::move(data)});
}

Core::Core(ApiConfig c, ApiPorts p) : config(std::move(c)), ports(p), signer(config.token_key) {}

std::optional<json::object> Core::get(const Key& key) {
  auto found = ports.store.get(key);
  if (!found) store_failed(found.error());
  if (!*found) return std::nullopt;
  return std::move((*found)->body);
}

std::vector<json::object> Core::list(Collection collection, const std::string& scope) {
  auto found = ports.store.list(collection, scope);
  if (!found) store_failed(found.error());
  std::vector<json::object> bodies;
  for (store::Document& document : *found) bodies.push_back(std::move(document.body));
  return bodies;
}

std::optional<studio::Show> Core::find_show(const studio::ShowId& id) {
  return maybe_parsed<studio::Show>(get({Collection::kShows, "", id.str()}));
}
studio::Show Core::show(const studio::ShowId& id) {
  auto found = find_show(id);
  if (!found) refuse(404, "there is no such show");
  return std::move(*found);
}
std::vector<studio::Show> Core::shows() {
  return by_age<studio::Show>(list(Collection::kShows, ""));
}

std::optional<studio::Participant> Core::find_participant(const studio::ShowId& show,
                                                          const studio::ParticipantId& id) {
  return maybe_parsed<studio::Participant>(get({Collection::kParticipants, show.str(), id.str()}));
}
studio::Participant Core::participant(const studio::ShowId& show, const studio::ParticipantId& id) {
  auto found = find_participant(show, id);
  if (!found) refuse(404, "there is no such participant in this show");
  return std::move(*found);
}
std::vector<studio::Participant> Core::participants(const studio::ShowId& show) {
  auto all = all_parsed<studio::Participant>(list(Collection::kParticipants, show.str()));
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::tuple(a.joined_at, a.role) < std::tuple(b.joined_at, b.role);
  });
  return all;
}

studio::AudioRouting Core::routing(const studio::ShowId& show) {
  return maybe_parsed<studio::AudioRouting>(get({Collection::kRouting, show.str(), "CONFIG"}))
      .value_or(studio::AudioRouting());
}
std::int64_t Core::silence_until_ms(const studio::ShowId& show) {
  const auto declared = get({Collection::kRouting, show.str(), "SILENCE"});
  const json::value* until = declared ? declared->if_contains("untilMs") : nullptr;
  return until != nullptr && until->is_int64() ? until->get_int64() : 0;
}
studio::Queue Core::queue(const studio::ShowId& show) {
  return maybe_parsed<studio::Queue>(get({Collection::kQueues, show.str(), "QUEUE"}))
      .value_or(studio::Queue());
}
studio::Deck Core::stored_deck(const studio::ShowId& show) {
  return maybe_parsed<studio::Deck>(get({Collection::kDecks, show.str(), "DECK"}))
      .value_or(studio::Deck());
}
std::vector<studio::Output> Core::outputs(const studio::ShowId& show) {
  return all_parsed<studio::Output>(list(Collection::kOutputs, show.str()));
}

std::optional<studio::Track> Core::find_track(const studio::TrackId& id) {
  return maybe_parsed<studio::Track>(get({Collection::kTracks, "", id.str()}));
}
std::vector<studio::Track> Core::tracks() {
  return by_age<studio::Track>(list(Collection::kTracks, ""));
}
std::optional<studio::Tracklist> Core::find_tracklist(const studio::TracklistId& id) {
  return maybe_parsed<studio::Tracklist>(get({Collection::kTracklists, "", id.str()}));
}
std::vector<studio::Tracklist> Core::tracklists() {
  return by_age<studio::Tracklist>(list(Collection::kTracklists, ""));
}
std::optional<studio::Session> Core::find_session(const studio::SessionId& id) {
  return maybe_parsed<studio::Session>(get({Collection::kSessions, "", id.str()}));
}

std::uint64_t Core::last_event(const studio::ShowId& show) {
  const auto last = ports.store.last_event(show.str());
  if (!last) store_failed(last.error());
  return *last;
}

void Core::commit(Change& change) {
  // The document's own version is the desired state's version: one more with every put.
  for (const studio::ShowId& show : change.desired_) {
    change.put(Key{Collection::kDesired, show.str(), "DESIRED"}, {});
  }
  if (!change.write_.empty()) {
    const auto numbered = ports.store.commit(change.write_);
    if (!numbered) {
      ++counters["shelcaster_store_failures_total"];
      refused_write_ = numbered.error().message;
      store_failed(numbered.error());
    }
    refused_write_.clear();
    for (const store::Event& event : *numbered) {
      ++counters["shelcaster_events_total"];
      hub.publish(event);
    }
  }
  for (const studio::ShowId& show : change.desired_) on_desired(show);
}

void Core::write_waiting() {
  if (ports.store.waiting().count == 0) return;
  ports.store.write_waiting();
  if (ports.store.waiting().count == 0) refused_write_.clear();
}

std::string Core::disk_problem() const {
  const store::Waiting waiting = ports.store.waiting();
  return waiting.count > 0 ? waiting.why : refused_write_;
}

bool Core::try_commit(Change& change) {
  change.let_wait();
  try {
    commit(change);
    return true;
  } catch (const Refusal&) {
    return false;  // commit() has logged and counted it
  }
}

Response Core::reply(const Call& call, Change& change, int status, const json::value& body) {
  Response response = json_response(status, body);
  if (!call.answer_key.empty()) {
    change.write_.answer = store::Answer{call.answer_key, sha256_hex(call.request.body), status,
                                         response.body, wall()};
  }
  change.write_.may_wait = call.may_wait;
  commit(change);
  tell_storage(response);
  return response;
}

void Core::tell_storage(Response& response) const {
  if (ports.store.waiting().count == 0) return;
  response.headers.emplace_back("Shelcaster-Storage", "memory");
}

std::string Core::token(Scope scope, const studio::ShowId& show,
                        const studio::ParticipantId& participant) {
  return signer.sign({scope, show, participant}, wall(), config.token_lifetime_s);
}

}  // namespace shelcaster::control::detail
