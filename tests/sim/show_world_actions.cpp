// What people and the desk do in a ShowWorld, each told to the invariants as it happens.
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "audio/db.hpp"
#include "show_setting.hpp"
#include "show_world.hpp"

namespace shelcaster::sim {
namespace {

constexpr std::size_t kTracksQueued = 30;
constexpr float kTracklistVolume = 0.3F;

}  // namespace

std::size_t ShowWorld::join(const std::string& id, const Guest& guest) {
  auto person = std::make_unique<Participant>();
  person->id = id;
  person->is_host = guest.is_host;
  person->is_called = guest.is_called;
  person->is_on_air = guest.is_on_air;
  person->path = network_.attach(new_address());
  const int path = person->path;
  person->client = std::make_unique<Person>(
      PersonTraits{
          .tone_hz = guest.tone_hz, .drift_ppm = guest.drift_ppm, .uses_dtx = guest.uses_dtx},
      random_, certificate(),
      [this, path](base::ByteSpan bytes) { network_.send_up(now_, path, bytes); });
  person->source = invariants_.add_source(id, guest.tone_hz, /*is_person=*/true);
  people_.push_back(std::move(person));
  Participant& placed = *people_.back();
  send_desired();
  tell_gate(placed);
  open_page(placed);
  return people_.size() - 1;
}

net::Endpoint ShowWorld::new_address() {
  const auto number = static_cast<unsigned>(++numbers_given_);
  const auto octet = [](unsigned value) { return static_cast<std::uint8_t>(value & 0xffU); };
  return net::Endpoint::v4({10, octet(number >> 16U), octet(number >> 8U), octet(number)},
                           static_cast<std::uint16_t>(20'000 + number % 30'000));
}

/// The page is loaded, now or anew: an offer goes to the server by HTTP, which is not simulated.
void ShowWorld::open_page(Participant& person) {
  person.reopen_at = base::Instant::never();
  person.wants_in = true;
  note_speech(person);  // what was said to the last moment is still on its way
  const bool is_in = person.is_called ? call(person) : connect(person);
  invariants_.expect(is_in || !person.is_seated || is_dead_in_record_, now_,
                     person.id + " was refused");
  invariants_.expect(!is_in || person.is_seated, now_, person.id + " was kicked and has got in");
  if (!is_in) {
    person.wants_in = person.is_seated;
    if (person.is_seated) person.reopen_at = now_ + std::chrono::seconds(5);
    return;
  }
  person.offered_at.push_back(now_);
  while (person.offered_at.size() > 1 && now_ - person.offered_at[1] > kSessionIsForgotten) {
    person.offered_at.pop_front();
  }
}

bool ShowWorld::connect(Participant& person) {
  const std::string offer = person.client->open_page();
  person.packets_heard = 0;
  note_health(person);
  person.session_id = fmt::format("sess-{}", ++numbers_given_);
  const auto answer =
      ask("req-" + person.session_id, link::Offer{.request_id = "req-" + person.session_id,
                                                  .session_id = person.session_id,
                                                  .participant_id = person.id,
                                                  .kind = "whip",
                                                  .sdp = offer});
  if (answer) person.client->accept_answer(now_, *answer);
  return answer.has_value();
}

/// Who signals with the stage elsewhere isn't simulated.
bool ShowWorld::call(Participant& person) {
  person.client->close_page();
  person.packets_heard = 0;
  note_health(person);
  person.session_id = fmt::format("sess-{}", ++numbers_given_);
  const std::string request_id = "req-" + person.session_id;
  const auto offer = ask(request_id, link::MakeOffer{.request_id = request_id,
                                                     .session_id = person.session_id,
                                                     .participant_id = person.id});
  if (!offer) return false;
  const std::string answer =
      person.client->answer(now_, *offer, network_.address(person.path), kServerAt);
  return ask(request_id,
             link::TakeAnswer{
                 .request_id = request_id, .session_id = person.session_id, .sdp = answer})
      .has_value();
}

void ShowWorld::close_page(Participant& person) {
  person.wants_in = false;
  person.reopen_at = base::Instant::never();
  note_speech(person);
  person.client->close_page();
  note_health(person);
}

void ShowWorld::talk(std::size_t person, bool talks) { of(person).client->talk(talks); }

void ShowWorld::refresh(std::size_t person) { open_page(of(person)); }

void ShowWorld::leave_silently(std::size_t person) { close_page(of(person)); }

void ShowWorld::hang_up(std::size_t person) {
  of(person).client->hang_up(now_);
  close_page(of(person));
}

void ShowWorld::roam(std::size_t number, bool restarts) {
  Participant& person = of(number);
  network_.move(person.path, new_address());
  person.moved_at = now_;
  note_health(person);
  if (!restarts || !person.client->is_connected()) return;
  const std::string request_id = fmt::format("req-{}", ++numbers_given_);
  const auto fragment =
      ask(request_id, link::IceRestart{.request_id = request_id,
                                       .session_id = person.session_id,
                                       .etag = "*",
                                       .fragment = person.client->make_restart_fragment()});
  // Refused: the session is over on the server's side, and the page will find that out.
  if (fragment) person.client->accept_restart(now_, *fragment);
}

void ShowWorld::step_clock(std::size_t number, base::Duration by) {
  Participant& person = of(number);
  person.client->step_clock(by);
  person.disturbed_at = now_;
  note_health(person);
}

void ShowWorld::set_path(std::size_t number, const LinkConditions& up, const LinkConditions& down) {
  Participant& person = of(number);
  network_.up(person.path) = up;
  network_.down(person.path) = down;
  person.is_path_good = is_good(up) && is_good(down);
  // Good or not, it is another path now.
  person.disturbed_at = now_;
  note_health(person);
}

void ShowWorld::set_on_air(std::size_t person, bool is_on_air) {
  of(person).is_on_air = is_on_air;
  invariants_.note_return(of(person).source, now_);
  send_desired();
  tell_gate(of(person));
}

void ShowWorld::set_muted(std::size_t person, bool is_muted) {
  of(person).is_muted = is_muted;
  send_desired();
  tell_gate(of(person));
}

void ShowWorld::set_volume(std::size_t person, int volume) {
  of(person).volume = volume;
  send_desired();
  tell_gate(of(person));
}

void ShowWorld::set_callers_volume(int volume) {
  callers_volume_ = volume;
  send_desired();
  for (const auto& person : people_) tell_gate(*person);
}

void ShowWorld::kick(std::size_t number, bool keeps_sending) {
  Participant& person = of(number);
  person.is_seated = false;
  if (keeps_sending) {
    person.client->ignore_closing();
    person.wants_in = false;
  } else {
    person.reopen_at = now_ + std::chrono::milliseconds(500);
  }
  send_desired();
  tell_gate(person);
}

void ShowWorld::send_desired() {
  if (keeper_ != nullptr) return;
  link::Desired desired;
  desired.version = ++desired_version_;
  desired.show_id = "show-sim";
  desired.routing.callers_volume = callers_volume_;
  for (const auto& person : people_) {
    if (!person->is_seated && sabotage_ != Sabotage::kForgottenKick) continue;
    const int volume = sabotage_ == Sabotage::kWrongFader ? person->volume / 2 : person->volume;
    desired.seats.push_back({.participant_id = person->id,
                             .role = person->is_host ? "HOST" : "CALLER",
                             .is_on_air = person->is_on_air,
                             .controls = {.volume = volume, .is_muted = person->is_muted}});
  }
  fill_queue();
  for (const std::string& item : queue_) {
    desired.queue.push_back({.item_id = item,
                             .track_id = "track-1",
                             .path = deck_track(),
                             .gain_db = 0,
                             .duration_ms = 60'000,
                             .title = "A tone"});
  }
  desired_ = std::move(desired);
  mixer_->stage->handle_link(now_, desired_);
}

void ShowWorld::fill_queue() {
  while (queue_.size() < kTracksQueued) queue_.push_back(fmt::format("item-{}", items_queued_++));
}

void ShowWorld::tell_gate(const Participant& person) {
  const int bus = person.is_host ? 100 : callers_volume_;
  const float gain = static_cast<float>(person.volume * bus) / 10'000.0F;
  const bool is_open = person.is_seated && person.is_on_air && !person.is_muted && gain > 0;
  invariants_.set_gate(person.source, now_, is_open,
                       is_open ? kVoiceDb + audio::linear_to_db(gain) : 0.0F);
}

void ShowWorld::deck(const std::string& command, std::optional<std::int64_t> position_ms) {
  const bool plays = command == "DECK_PLAY" || command == "DECK_SEEK" || command == "DECK_SKIP";
  mixer_->stage->handle_link(now_, link::Command{.id = fmt::format("c-{}", ++numbers_given_),
                                                 .command = command,
                                                 .item_id = {},
                                                 .position_ms = position_ms,
                                                 .item = {}});
  invariants_.set_gate(deck_source_, now_, plays,
                       plays ? kDeckToneDb + audio::linear_to_db(kTracklistVolume) : 0.0F);
  // The feeder has to read first.
  invariants_.set_due(deck_source_, now_ + std::chrono::milliseconds(500));
}

void ShowWorld::offer_phantom() {
  Person nobody({}, random_, certificate(), [](base::ByteSpan) {});
  for (int i = 0; i < 3; ++i) {
    const std::string session = fmt::format("sess-{}", ++numbers_given_);
    (void)ask("req-" + session, link::Offer{.request_id = "req-" + session,
                                            .session_id = session,
                                            .participant_id = "",
                                            .kind = "whep",
                                            .sdp = nobody.open_page()});
  }
}

}  // namespace shelcaster::sim
