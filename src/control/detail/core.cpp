#include "control/detail/core.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "base/log.hpp"
#include "control/detail/core_read.hpp"
#include "control/detail/rings.hpp"
#include "control/detail/views.hpp"
#include "net/endpoint.hpp"
#include "net/network.hpp"
#include "store/documents.hpp"

namespace shelcaster::control::detail {

namespace json = boost::json;
using store::Collection;
using store::Key;

namespace {

/// What nobody waits for.
constexpr base::Duration kTryAgainEvery = std::chrono::seconds(2);
constexpr std::size_t kShowsRemembered = 1'000;  // whose people are kept at hand
/// So old may be what is known of a show's people while nobody here writes them.
constexpr base::Duration kPeopleKept = std::chrono::seconds(10);

[[noreturn]] void refuse_failed(const base::Error& error) {
  throw Refusal{
      {503,
       "nothing was changed, because the data folder's database can't be read or written (" +
           error.message + "); see that its disk has space and is writable, and try again",
       {},
       {},
       {{"Retry-After", "2"}}}};
}

/// What stands for a show whose document can't be read: it can be seen and deleted, nothing else.
studio::Show unreadable_show(const Key& key, const std::string& problem) {
  studio::Show show;
  show.id = studio::ShowId(key.id);
  show.title = "(this show can't be read)";
  show.status = studio::ShowStatus::kError;
  show.error = problem;
  return show;
}

/// Where what can't be read stands alone for something, and isn't overwritten by a guess. A
/// routing, queue or deck has a default in its place, which the next change of it writes.
bool is_irreplaceable(Collection collection) {
  using enum Collection;
  return collection == kShows || collection == kParticipants || collection == kPastParticipants ||
         collection == kOutputs || collection == kTracks || collection == kTracklists ||
         collection == kSessions;
}

}  // namespace

Core::Core(ApiConfig c, CorePorts p, EventHub& h, Counters& n, ImportStates& i)
    : config(std::move(c)), ports(p), signer(config.token_key), hub(h), counters(n), imports(i) {}

void Core::store_failed(const base::Error& error) {
  log_failure(error.message);
  refuse_failed(error);
}

void Core::log_failure(const std::string& message) {
  constexpr base::Duration kRepeatEvery = std::chrono::minutes(1);
  constexpr std::size_t kMessagesMax = 100;
  const base::Instant now = ports.clock.now();
  if (logged_at_.size() >= kMessagesMax) logged_at_.clear();
  const auto [found, is_new] = logged_at_.try_emplace(message, now);
  if (!is_new && now - found->second < kRepeatEvery) return;
  found->second = now;
  base::log::error("control", "{}", message);
}

bool Core::exists(const Key& key) { return get(key).has_value(); }

std::vector<std::string> Core::unreadable(const studio::ShowId& show) const {
  std::vector<std::string> problems;
  for (const auto& [key, problem] : unreadable_) {
    if (key.scope == show.str()) problems.push_back(problem);
  }
  return problems;
}

std::optional<studio::Show> Core::find_show(const studio::ShowId& id) {
  const auto& document = get({Collection::kShows, "", id.str()});
  if (!document) return std::nullopt;
  auto show = parsed<studio::Show>(*document);
  return show ? std::move(show) : unreadable_show(document->key, unreadable_[document->key]);
}
studio::Show Core::show(const studio::ShowId& id) {
  auto found = find_show(id);
  if (!found) refuse(404, "there is no such show");
  return std::move(*found);
}
std::vector<studio::Show> Core::shows() {
  std::vector<studio::Show> shows;
  for (const store::Document& document : list(Collection::kShows, "")) {
    auto show = parsed<studio::Show>(document);
    shows.push_back(show ? std::move(*show)
                         : unreadable_show(document.key, unreadable_[document.key]));
  }
  return by_age(std::move(shows));
}

std::optional<studio::Participant> Core::find_participant(const studio::ShowId& show,
                                                          const studio::ParticipantId& id) {
  fetch_person(show, id);
  const auto& present = get({Collection::kParticipants, show.str(), id.str()});
  const bool is_past = !present;
  const auto& document =
      is_past ? get({Collection::kPastParticipants, show.str(), id.str()}) : present;
  if (!document) return std::nullopt;
  auto person = parsed<studio::Participant>(*document);
  if (!person) refuse(409, unreadable_[document->key]);
  person->is_past = is_past;
  return person;
}
studio::Participant Core::participant(const studio::ShowId& show, const studio::ParticipantId& id) {
  auto found = find_participant(show, id);
  if (!found) refuse(404, "there is no such participant in this show");
  return std::move(*found);
}
const Core::People* Core::kept_people(const studio::ShowId& show) const {
  const auto known = people_.find(show);
  const bool is_kept =
      known != people_.end() && ports.clock.now() - known->second.read_at < kPeopleKept;
  return is_kept ? &known->second : nullptr;
}
std::vector<studio::Participant> Core::participants(const studio::ShowId& show) {
  if (const People* known = kept_people(show)) {
    read_.note_kept(known->versions);
    return known->all;
  }
  ReadVersions::Versions versions;
  People people{{}, {}, ports.clock.now()};
  for (const store::Document& document : peek_all({Collection::kParticipants, show.str()})) {
    versions.emplace(document.key, document.version);
    if (auto one = parsed<studio::Participant>(document)) people.all.push_back(std::move(*one));
  }
  std::stable_sort(people.all.begin(), people.all.end(), [](const auto& a, const auto& b) {
    return std::tuple(a.joined_at, a.role) < std::tuple(b.joined_at, b.role);
  });
  people.versions = std::make_shared<const ReadVersions::Versions>(std::move(versions));
  read_.note_kept(people.versions);
  read_.note_listed(Collection::kParticipants, show.str());
  if (people_.size() >= kShowsRemembered) people_.clear();
  return (people_[show] = std::move(people)).all;
}

std::vector<studio::Participant> Core::past_participants(const studio::ShowId& show,
                                                         const studio::ParticipantId& after,
                                                         std::size_t limit) {
  const auto page = ports.store.page(Collection::kPastParticipants, show.str(), after.str(), limit);
  if (!page) store_failed(page.error());
  std::vector<studio::Participant> people;
  for (const store::Document& document : *page) {
    read_.note(document.key, document.version);
    auto person = parsed<studio::Participant>(document);
    if (!person) continue;
    person->is_past = true;
    people.push_back(std::move(*person));
  }
  return people;
}

studio::AudioRouting Core::routing(const studio::ShowId& show) {
  return find<studio::AudioRouting>({Collection::kRouting, show.str(), "CONFIG"})
      .value_or(studio::AudioRouting());
}
std::int64_t Core::silence_until_ms(const studio::ShowId& show) {
  const auto& declared = get({Collection::kRouting, show.str(), "SILENCE"});
  const json::value* until = declared ? declared->body.if_contains("untilMs") : nullptr;
  return until != nullptr && until->is_int64() ? until->get_int64() : 0;
}
studio::Queue Core::queue(const studio::ShowId& show) {
  return find<studio::Queue>({Collection::kQueues, show.str(), "QUEUE"}).value_or(studio::Queue());
}
studio::Deck Core::stored_deck(const studio::ShowId& show) {
  return find<studio::Deck>({Collection::kDecks, show.str(), "DECK"}).value_or(studio::Deck());
}
std::vector<studio::Output> Core::outputs(const studio::ShowId& show) {
  return all<studio::Output>(Collection::kOutputs, show.str());
}

store::EventRange Core::event_range(const studio::ShowId& show) {
  const auto range = ports.store.event_range(show.str());
  if (!range) store_failed(range.error());
  return *range;
}

void Core::expect_what_was_read(Change& change) {
  store::Write& write = change.write_;
  for (std::size_t i = 0; i < write.puts.size(); ++i) {
    store::Put& put = write.puts[i];
    switch (change.bases_[i]) {
      case Change::Basis::kNew:
        put.expected_version = 0;
        break;
      case Change::Basis::kAnything:
        put.expected_version.reset();
        break;
      case Change::Basis::kRead:
        put.expected_version = read_.find(put.key);
        if (put.expected_version) break;
        throw std::logic_error(fmt::format("{}/{}/{} was to be changed without having been read",
                                           store::name_of(put.key.collection), put.key.scope,
                                           put.key.id));
    }
  }
  // One that nobody has read may go, and may have gone.
  for (store::Remove& remove : write.removes) remove.expected_version = read_.find(remove.key);
}

/// The document's own version is the desired state's version: one more with every put. It says
/// nothing else, so whoever puts it puts it over whatever is there.
void Core::count_desired(Change& change) {
  std::size_t room = store::kWriteActionsMax - std::min(change.actions(), store::kWriteActionsMax);
  Change before = change.another();
  for (const studio::ShowId& show : change.desired_) {
    Key key{Collection::kDesired, show.str(), "DESIRED"};
    if (room > 0) {
      change.overwrite(std::move(key), {});
      --room;
      continue;
    }
    // A version that was skipped does no harm. A state that changed under an old one would.
    commit_step(before, 1);
    before.overwrite(std::move(key), {});
  }
  if (!before.empty()) commit(before);
}

void Core::commit(Change& change) {
  count_desired(change);
  for (const store::Put& put : change.write_.puts) {
    const auto bad = unreadable_.find(put.key);
    if (bad == unreadable_.end() || !is_irreplaceable(put.key.collection)) continue;
    refuse(409, bad->second + "; nothing was changed: delete it, or use the program that wrote it");
  }
  if (!change.write_.empty()) {
    documents_.clear();
    expect_what_was_read(change);
    const auto numbered = ports.store.commit(change.write_);
    if (!numbered && store::is_conflict(numbered.error())) {
      forget_what_was_read(change);
      ++counters["shelcaster_store_conflicts_total"];
      throw Conflict{
          {{503,
            "nothing was changed, since something else was changed at the same moment: try again",
            {},
            {},
            {{"Retry-After", "1"}}}}};
    }
    if (!numbered) {
      ++counters["shelcaster_store_failures_total"];
      refused_write_ = numbered.error().message;
      refused_at_ = ports.clock.now();
      store_failed(numbered.error());
    }
    refused_write_.clear();
    note_written(change);
    for (const store::Event& event : *numbered) {
      ++counters["shelcaster_events_total"];
      hub.publish(event);
    }
  }
  for (const auto& effect : change.effects_) effect();
  for (const Ring& ring : rings_of(change.write_, change.desired_)) {
    ports.doorbell.ring(ring.show, ring.what);
  }
}

void Core::forget_read(const studio::ShowId& show, Changed what) {
  if (what == Changed::kMusic) ++music_version_;
  if (what == Changed::kPeople) people_.erase(show);
}

void Core::commit_step(Change& change, std::size_t actions_to_come) {
  if (change.actions() + actions_to_come <= kStepActionsMax) return;
  Change next = change.another();
  commit(change);
  change = std::move(next);
}

void Core::note_written(const Change& change) {
  for (const store::Put& put : change.write_.puts) {
    note_written(put.key);
    // What was put over whatever was there has a version that nobody here knows.
    if (put.expected_version) {
      read_.replace(put.key, *put.expected_version + 1);
      note_in_library(put.key, *put.expected_version + 1, put.body);
    } else {
      read_.forget(put.key);
      doubt_in_library(put.key);
    }
  }
  for (const store::Remove& remove : change.write_.removes) {
    note_written(remove.key);
    unreadable_.erase(remove.key);
    read_.replace(remove.key, 0);
    remove_from_library(remove.key);
  }
}

/// So that the next attempt reads it, and finds what somebody else has written.
void Core::forget_what_was_read(const Change& change) {
  const auto forget = [this](const Key& key) {
    note_written(key);
    read_.forget(key);
    // Looked at again before it is next looked for.
    if (Library* library = library_of(key.collection)) library->checked_at.reset();
  };
  for (const store::Put& put : change.write_.puts) forget(put.key);
  for (const store::Remove& remove : change.write_.removes) forget(remove.key);
}

void Core::note_written(const Key& key) {
  if (key.collection == Collection::kQueues || key.collection == Collection::kTracks) {
    ++music_version_;
  }
  if (key.collection == Collection::kParticipants) people_.erase(studio::ShowId(key.scope));
}

void Core::write_waiting() {
  if (ports.store.waiting().count == 0) return;
  ports.store.write_waiting();
  if (ports.store.waiting().count == 0) refused_write_.clear();
}

bool Core::may_try_again() const {
  return refused_write_.empty() || ports.clock.now() - refused_at_ >= kTryAgainEvery;
}

std::string Core::disk_problem() const {
  if (std::string danger = ports.store.danger(); !danger.empty()) return danger;
  const store::Waiting waiting = ports.store.waiting();
  return waiting.count > 0 ? waiting.why : refused_write_;
}

Change Core::change(const Identity& who) {
  Change change(who.actor(), wall());
  if (who.scope == Scope::kHost) change.by_desk_of(who.show_id);
  if (who.scope == Scope::kCaller || who.scope == Scope::kInvitation) change.by_callers();
  return change;
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
    const auto& events = change.write_.events;
    const AnswerHolder holder = holder_of(call.who);
    change.write_.answer =
        store::Answer{call.answer_key,
                      request_digest(call.request),
                      status,
                      call.answers_with_queue_of ? sealed_queue(*call.answers_with_queue_of)
                                                 : sealed(response.body, issued_),
                      wall(),
                      events.empty() ? call.who.show_id.str() : events.front().show_id,
                      holder.name,
                      holder.answers_max};
  }
  change.write_.may_wait = call.may_wait;
  commit(change);
  tell_storage(response);
  return response;
}

Response Core::again(const store::Answer& answer) {
  const auto sign = [&](Scope scope, const studio::ShowId& show,
                        const studio::ParticipantId& participant) {
    if (!participant.empty()) {
      const auto person = find_participant(show, participant);
      if (!person || person->is_kicked) refuse(403, "whom this answer was for was removed");
    }
    return token(scope, show, participant);
  };
  const auto queue_text = [this](const studio::ShowId& show) {
    return json::serialize(queue_json(*this, show, queue(show)));
  };
  Response response{answer.status,
                    {{"Content-Type", "application/json"}, {"Idempotent-Replayed", "true"}},
                    opened(answer.body, sign, queue_text)};
  tell_storage(response);  // who asks again wants to know whether it is safe by now
  return response;
}

void Core::tell_storage(Response& response) const {
  if (ports.store.waiting().count == 0) return;
  response.headers.emplace_back("Shelcaster-Storage", "memory");
}

std::string Core::invitation(const studio::Show& show) {
  std::string text = signer.sign({Scope::kInvitation, show.id, {}, {}, show.invitation_number},
                                 wall(), config.token_lifetime_s);
  issued_.push_back({text, Scope::kInvitation, show.id, {}});
  return text;
}

std::string Core::host_token(const Identity& who, const studio::Show& show) {
  const bool is_own = who.scope == Scope::kHost && who.show_id == show.id;
  return token(Scope::kHost, show.id, is_own ? who.participant_id : show.host_user_id);
}

std::string Core::network_mark(const std::string& address) const {
  constexpr std::size_t kMarkChars = 22;
  const auto endpoint = net::Endpoint::parse(address, 0);
  const std::string network =
      endpoint ? std::to_string(net::network_of(*endpoint)) + (endpoint->is_v4() ? "/4" : "/6")
               : address;
  return sha256_hex("network\n" + config.token_key + "\n" + network).substr(0, kMarkChars);
}

std::string Core::token(Scope scope, const studio::ShowId& show,
                        const studio::ParticipantId& participant) {
  if (scope == Scope::kInvitation) return invitation(this->show(show));
  std::string text = signer.sign({scope, show, participant}, wall(), config.token_lifetime_s);
  issued_.push_back({text, scope, show, participant});
  return text;
}

}  // namespace shelcaster::control::detail
