#include "app/mix/stage.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <utility>

#include "base/log.hpp"
#include "base/overloaded.hpp"
#include "tape/checkpoint.hpp"

namespace shelcaster::app {
namespace {

namespace json = boost::json;

constexpr std::size_t kCommandIdsKept = 1024;
// Everything else that is remembered (seats, the last plays of the deck, command ids) has a
// quarter.
static_assert(kLinesMax * kSessionMemoryBytesMax <= tape::Checkpoint::kStageBytesMax / 4 * 3);

double tenth_db(float db) { return std::round(static_cast<double>(db) * 10.0) / 10.0; }

link::LevelFigures::Meter meter_of(const mixer::Levels& levels) {
  return {
      .peak_db = tenth_db(levels.peak_db), .rms_db = tenth_db(levels.rms_db), .clip = levels.clip};
}

}  // namespace

Stage::Stage(SwitchboardConfig config, Playlist& playlist, base::Random& random, StageSink& sink,
             const ShowSettings& settings)
    : sink_(sink),
      playlist_(playlist),
      switchboard_(config, random, sink),
      offering_(std::move(config), switchboard_, random),
      seats_(sink, settings),
      deck_(playlist, sink),
      fallback_(deck_, sink) {}

void Stage::handle_link(base::Instant now, const link::KeeperToMix& message) {
  std::visit(base::Overloaded{
                 [&](const link::Desired& desired) { apply(now, desired); },
                 [&](const link::Command& command) { apply(now, command); },
                 [&](const link::Offer& offer) { queue(offer); },
                 [&](const link::IceRestart& restart) { queue(now, restart); },
                 [&](const link::CloseSession& close) {
                   offering_.withdraw(close.session_id);
                   switchboard_.close(now, close.session_id);
                 },
                 [&](const link::MakeOffer& wanted) { make_offer(now, wanted); },
                 [&](const link::TakeAnswer& answer) { take_answer(now, answer); },
                 [&](const link::TakeCandidates& told) {
                   offering_.take_candidates(now, told.session_id, told.fragment);
                 },
                 [&](const link::Watch& watch) { sink_.to_floor(WatchLevels{watch.wants_levels}); },
                 [](const link::NewLog&) {},  // the process's own
                 [&](const link::Stop&) { begin_to_stop(); },
             },
             message);
  remember_changes();
}

void Stage::begin_to_stop() {
  if (std::exchange(is_stopping_, true)) return;
  sink_.to_floor(
      mixer::Command(mixer::FadeOut{.frames = static_cast<int>(base::to_samples(kFadeOut))}));
}

void Stage::apply(base::Instant now, const link::Desired& desired) {
  const auto version = static_cast<std::uint64_t>(desired.version);
  if (has_desired_ && version < desired_version_) return;
  desired_version_ = version;
  if (inheritance_) take_over_seats();
  for (const int seat : seats_.apply(desired.seats)) {
    offering_.withdraw_seat(seat);
    switchboard_.close_seat(now, seat);
  }
  seats_.apply(desired.routing);
  switchboard_.limit_listeners(desired.listeners);
  is_deck_kept_ = inheritance_ && take_over_deck(desired.queue);
  deck_.set_queue(desired.queue);
  if (desired.played) deck_.update(*desired.played);
  if (!has_desired_ && !is_deck_kept_) deck_.resume(desired.deck);
  fallback_.apply(rules_of(desired.dead_air));
  if (inheritance_) {
    if (const json::value* was = inheritance_->stage.if_contains("deadAir")) {
      fallback_.restore(now, was->as_object(), is_deck_kept_);
    }
    take_over_sessions(now);
    for (json::key_value_pair& part : inheritance_->stage) cleanse(part.value());
  }
  inheritance_.reset();
  if (!has_desired_) remember();
  has_desired_ = true;
  flush_deck();
}

DeadAir::Rules Stage::rules_of(const link::DeadAir& desired) const {
  const std::int64_t silence_until_ms =
      std::max(desired.silence_until_ms - wall_origin_ms_, std::int64_t{0});
  return {.after = std::chrono::milliseconds(desired.after_ms),
          .threshold_db = static_cast<float>(desired.threshold_db),
          .has_bed = desired.has_bed,
          .silence_until = base::Instant() + std::chrono::milliseconds(silence_until_ms)};
}

void Stage::take_over_seats() {
  if (const auto restored = seats_.restore(inheritance_->stage.at("seats").as_array()); !restored) {
    base::log::error("stage", "{}", restored.error().message);
  }
}

bool Stage::take_over_deck(const std::vector<link::QueueItem>& queue) {
  const json::object& stage = inheritance_->stage;
  for (const json::value& id : stage.at("seen").as_array()) note_seen(std::string(id.as_string()));
  if (!inheritance_->has_sound) return false;
  auto restored = playlist_.restore(stage.at("playlist").as_object());
  deck_.set_queue(queue);
  if (restored) {
    restored = deck_.restore(stage.at("deck").as_object(), inheritance_->sound.deck_commands_done,
                             inheritance_->sound.deck_item);
  }
  if (!restored) base::log::error("stage", "{}", restored.error().message);
  return restored.has_value();
}

void Stage::take_over_sessions(base::Instant now) {
  for (const json::value& id : inheritance_->stage.at("replaced").as_array()) {
    switchboard_.note_replaced(std::string(id.as_string()));
  }
  for (const json::value& value : inheritance_->stage.at("sessions").as_array()) {
    auto session = parse_session_memory(value.as_object());
    if (!session) {
      base::log::error("stage", "{}", session.error().message);
      continue;
    }
    // Somebody who was removed meanwhile, or whose seat another one has got.
    if (session->seat != kNoSeat && seats_.find(session->participant_id) != session->seat) continue;
    switchboard_.take_over(now, *session, *inheritance_);
  }
}

void Stage::remember() {
  json::array seen;
  for (const std::string& id : seen_order_) seen.emplace_back(id);
  json::array replaced;
  for (const std::string& id : switchboard_.replaced()) replaced.emplace_back(id);
  sink_.remember(serialize_secret({{"seats", seats_.memory()},
                                   {"replaced", std::move(replaced)},
                                   {"sessions", switchboard_.memory()},
                                   {"playlist", playlist_.memory()},
                                   {"deck", deck_.memory()},
                                   {"deadAir", fallback_.memory()},
                                   {"seen", std::move(seen)}}));
}

void Stage::remember_changes() {
  const bool has_moved = seats_.take_changed();
  const bool has_fallen = fallback_.take_changed();
  if (switchboard_.take_changed() || has_moved || has_fallen) remember();
}

/// What was asked of the deck is remembered before it is done, and done before it is acknowledged:
/// so it is done once, whenever this process dies.
void Stage::flush_deck() {
  if (!deck_.has_unsent()) return;
  remember();
  deck_.flush();
}

void Stage::note_seen(std::string command_id) {
  seen_order_.push_back(command_id);
  seen_.insert(std::move(command_id));
  if (seen_order_.size() <= kCommandIdsKept) return;
  seen_.erase(seen_order_.front());
  seen_order_.pop_front();
}

void Stage::apply(base::Instant now, const link::Command& command) {
  if (seen_.contains(command.id)) {
    sink_.to_link(link::Ack{.id = command.id, .is_ok = true, .error = {}});
    return;
  }
  fallback_.give_way(now);
  const auto done = deck_.command(command);
  if (done) {
    note_seen(command.id);
    remember();
  }
  flush_deck();
  sink_.to_link(link::Ack{.id = command.id,
                          .is_ok = done.has_value(),
                          .error = done ? std::string() : done.error().message});
}

void Stage::queue(const link::Offer& offer) {
  const bool is_seated = !offer.participant_id.empty();
  queue(is_seated ? OfferLane::Class::kSeat : OfferLane::Class::kListener,
        {offer.session_id, is_seated ? offer.participant_id : offer.source}, offer.request_id,
        offer);
}

void Stage::queue(base::Instant now, const link::IceRestart& restart) {
  const std::string& session = restart.session_id;
  // That there is none costs nothing to say, and must cost nobody a place.
  if (!switchboard_.has(session)) return answer(now, restart);
  queue(switchboard_.is_of_seat(session) ? OfferLane::Class::kSeat : OfferLane::Class::kListener,
        {session, switchboard_.who_has(session)}, restart.request_id, restart);
}

void Stage::queue(OfferLane::Class of, OfferLane::Asker asker, const std::string& request_id,
                  OfferLane::Request request) {
  switch (offers_.put(of, std::move(asker), std::move(request))) {
    case OfferLane::Put::kTaken:
      return;
    case OfferLane::Put::kFull:
      return reply(request_id, tl::unexpected(Refusal{
                                   503, "too many connect to this show at once; try again"}));
    case OfferLane::Put::kTooManyOfOne:
      return reply(request_id,
                   tl::unexpected(Refusal{429,
                                          "the requests before this one still wait for their "
                                          "answers; try again when they have come"}));
  }
}

void Stage::answer_next_offer(base::Instant now) {
  const auto request = offers_.take(now);
  if (!request) return;
  std::visit([&](const auto& asked) { answer(now, asked); }, *request);
}

void Stage::answer(base::Instant now, const link::Offer& offer) {
  if (is_stopping_) {
    reply(offer.request_id, tl::unexpected(Refusal{409, "the show is stopping"}));
    return;
  }
  SessionRequest request;
  request.session_id = offer.session_id;
  request.participant_id = offer.participant_id;
  request.kind = offer.kind == "whep" ? SessionKind::kWhep : SessionKind::kWhip;
  request.sdp = offer.sdp;
  request.source = offer.source;
  request.replaces = offer.replaces;
  if (!offer.participant_id.empty()) {
    request.seat = seats_.find(offer.participant_id);
    if (request.seat == kNoSeat) {
      reply(offer.request_id, tl::unexpected(Refusal{403, "this person has no seat in the show"}));
      return;
    }
  }
  reply(offer.request_id, switchboard_.connect(now, request));
}

void Stage::answer(base::Instant now, const link::IceRestart& restart) {
  reply(restart.request_id,
        switchboard_.patch(now, restart.session_id, restart.etag, restart.fragment));
}

void Stage::reply(const std::string& request_id, const OrRefusal<SessionAnswer>& outcome) {
  if (outcome) {
    sink_.to_link(
        link::Answer{.request_id = request_id, .sdp = outcome->sdp, .etag = outcome->etag});
  } else {
    refuse(request_id, outcome.error());
  }
}

void Stage::refuse(const std::string& request_id, const Refusal& refusal) {
  sink_.to_link(link::Refuse{.request_id = request_id,
                             .status = refusal.status,
                             .detail = refusal.detail,
                             .reason = refusal.reason});
}

void Stage::make_offer(base::Instant now, const link::MakeOffer& wanted) {
  if (is_stopping_) return refuse(wanted.request_id, {409, "the show is stopping"});
  Offering::Wish wish{.session_id = wanted.session_id,
                      .participant_id = wanted.participant_id,
                      .seat = kNoSeat,
                      .has_microphone = wanted.has_microphone,
                      .has_return = wanted.has_return};
  if (!wish.participant_id.empty()) {
    wish.seat = seats_.find(wish.participant_id);
    if (wish.seat == kNoSeat) {
      return refuse(wanted.request_id, {403, "this person has no seat in the show"});
    }
  }
  const auto sdp = offering_.offer(now, wish);
  if (!sdp) return refuse(wanted.request_id, sdp.error());
  sink_.to_link(link::OfferMade{.request_id = wanted.request_id, .sdp = *sdp});
}

void Stage::take_answer(base::Instant now, const link::TakeAnswer& answer) {
  const auto taken = offering_.take_answer(now, answer.session_id, answer.sdp);
  if (!taken) return refuse(answer.request_id, taken.error());
  sink_.to_link(link::AnswerTaken{answer.request_id});
}

void Stage::handle_report(base::Instant now, const FloorReport& report) {
  if (const auto* line = std::get_if<LineReport>(&report)) {
    switchboard_.handle_line_report(now, *line);
  } else if (const auto* heard = std::get_if<HeardElsewhere>(&report)) {
    switchboard_.handle_heard_elsewhere(now, *heard);
  } else if (const auto* deck = std::get_if<DeckReport>(&report)) {
    deck_.handle_status(deck->status);
  } else if (const auto* event = std::get_if<mixer::DeckEvent>(&report)) {
    deck_.handle_event(*event);
    remember();
    flush_deck();
  } else if (const auto* moment = std::get_if<TrackMoment>(&report)) {
    mark(*moment);
  } else if (const auto* air = std::get_if<AirReport>(&report); air != nullptr && !is_stopping_) {
    fallback_.handle_air(now, *air);
    flush_deck();
  }
  remember_changes();
}

/// A bed in the place of music isn't music.
void Stage::mark(const TrackMoment& moment) {
  const auto item = playlist_.find(moment.item);
  if (item && !deck_.is_bed(moment.item)) sink_.mark_track(moment, *item);
}

void Stage::handle_levels(const LevelsReport& levels) {
  link::LevelFigures figures{.at = levels.at.samples(),
                             .master = meter_of(levels.master),
                             .momentary_lufs = tenth_db(levels.momentary_lufs),
                             .sources = {}};
  for (int i = 0; i < kSeatsMax; ++i) {
    const auto index = static_cast<std::size_t>(i);
    const std::string& id = seats_.participant_id(i);
    if (!levels.occupied.test(index) || id.empty()) continue;
    figures.sources.push_back({.id = id, .meter = meter_of(levels.seats[index])});
  }
  figures.sources.push_back({.id = "deck", .meter = meter_of(levels.deck)});
  sink_.to_link(link::make_levels(figures));
}

void Stage::handle_timeout(base::Instant now) {
  if (switchboard_.next_timeout() <= now) switchboard_.handle_timeout(now);
  fallback_.handle_timeout(now);
  answer_next_offer(now);
  flush_deck();
  remember_changes();
}

base::Instant Stage::next_timeout() const {
  return std::min({switchboard_.next_timeout(), fallback_.next_timeout(), offers_.next()});
}

}  // namespace shelcaster::app
