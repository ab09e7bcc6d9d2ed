#include "link/messages.hpp"

#include <fmt/format.h>

#include <utility>

#include "link/detail/reader.hpp"

namespace shelcaster::link {
namespace {

namespace json = boost::json;
using detail::Reader;

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}
json::value number_or_null(const std::optional<std::int64_t>& number) {
  return number ? json::value(*number) : json::value(nullptr);
}

template <typename Message>
base::Result<Message> finish(const Reader& reader, std::string_view type, Message message) {
  if (reader.first_bad().empty()) return message;
  return base::fail(
      fmt::format("link message {}: field '{}' is missing or malformed", type, reader.first_bad()));
}

}  // namespace

json::object to_json(const QueueItem& item) {
  return {{"itemId", item.item_id}, {"trackId", item.track_id},
          {"path", item.path},      {"gainDb", item.gain_db},
          {"title", item.title},    {"durationMs", number_or_null(item.duration_ms)}};
}

base::Result<QueueItem> parse_queue_item(const json::object& in) {
  Reader r(in);
  QueueItem item{r.text("itemId"),
                 r.text("trackId"),
                 r.text("path"),
                 r.number("gainDb"),
                 r.optional_integer("durationMs"),
                 r.text("title", false)};
  return finish(r, "item", std::move(item));
}

std::string_view type_of(const json::object& message) {
  const json::value* type = message.if_contains("type");
  return type != nullptr && type->is_string() ? std::string_view(type->get_string())
                                              : std::string_view();
}

json::object to_json(const Desired& d) {
  json::array seats;
  for (const Seat& seat : d.seats) {
    seats.push_back({{"participantId", seat.participant_id},
                     {"role", seat.role},
                     {"isOnAir", seat.is_on_air},
                     {"volume", seat.volume},
                     {"muted", seat.is_muted}});
  }
  json::array queue;
  for (const QueueItem& item : d.queue) queue.push_back(to_json(item));
  json::array outputs;
  for (const OutputTarget& o : d.outputs) outputs.push_back({{"id", o.id}, {"url", o.url}});
  json::object routing{
      {"tracklistVolume", d.routing.tracklist_volume},
      {"hostVolume", d.routing.host_volume},
      {"callersVolume", d.routing.callers_volume},
      {"masterVolume", d.routing.master_volume},
      {"compression",
       {{"enabled", d.routing.is_compression_enabled},
        {"threshold", d.routing.compression_threshold_db},
        {"ratio", d.routing.compression_ratio}}},
      {"limiter",
       {{"enabled", d.routing.is_limiter_enabled}, {"ceiling", d.routing.limiter_ceiling_db}}}};
  return {{"type", "desired"},
          {"version", d.version},
          {"showId", d.show_id},
          {"title", d.title},
          {"routing", std::move(routing)},
          {"seats", std::move(seats)},
          {"queue", std::move(queue)},
          {"deck",
           {{"itemId", text_or_null(d.deck.item_id)},
            {"positionMs", d.deck.position_ms},
            {"state", d.deck.state},
            {"number", d.deck.number}}},
          {"outputs", std::move(outputs)},
          {"deadAir",
           {{"afterMs", d.dead_air.after_ms},
            {"threshold", d.dead_air.threshold_db},
            {"bed", d.dead_air.has_bed},
            {"silenceUntilMs", d.dead_air.silence_until_ms}}}};
}

base::Result<Desired> parse_desired(const json::object& in) {
  Reader r(in);
  Desired d;
  d.version = r.integer("version");
  d.show_id = r.text("showId");
  d.title = r.text("title", false);
  Reader routing(r.object("routing"));
  d.routing.tracklist_volume = routing.percent("tracklistVolume");
  d.routing.host_volume = routing.percent("hostVolume");
  d.routing.callers_volume = routing.percent("callersVolume");
  d.routing.master_volume = routing.percent("masterVolume");
  Reader compression(routing.object("compression"));
  d.routing.is_compression_enabled = compression.boolean("enabled");
  d.routing.compression_threshold_db = compression.number("threshold");
  d.routing.compression_ratio = compression.number("ratio");
  Reader limiter(routing.object("limiter"));
  d.routing.is_limiter_enabled = limiter.boolean("enabled");
  d.routing.limiter_ceiling_db = limiter.number("ceiling");
  for (const Reader* part : {&routing, &compression, &limiter}) {
    if (!part->first_bad().empty()) r.bad("routing." + part->first_bad());
  }
  for (const json::value& value : r.array("seats")) {
    if (!value.is_object()) return base::fail("link message desired: a seat isn't an object");
    Reader seat(value.get_object());
    d.seats.push_back({seat.text("participantId"), seat.text("role"), seat.boolean("isOnAir"),
                       seat.percent("volume"), seat.boolean("muted")});
    if (!seat.first_bad().empty()) r.bad("seats[]." + seat.first_bad());
  }
  for (const json::value& value : r.array("queue")) {
    if (!value.is_object()) return base::fail("link message desired: an item isn't an object");
    auto item = parse_queue_item(value.get_object());
    if (!item) return tl::unexpected(item.error());
    d.queue.push_back(std::move(*item));
  }
  Reader deck(r.object("deck"));
  d.deck = {deck.text("itemId", false), deck.integer("positionMs", 0), deck.text("state", false),
            deck.integer("number", 0)};
  for (const json::value& value : r.array("outputs")) {
    if (!value.is_object()) return base::fail("link message desired: an output isn't an object");
    Reader output(value.get_object());
    d.outputs.push_back({output.text("id"), output.text("url")});
    if (!output.first_bad().empty()) r.bad("outputs[]." + output.first_bad());
  }
  if (in.contains("deadAir")) {
    Reader dead_air(r.object("deadAir"));
    d.dead_air = {dead_air.integer("afterMs"), dead_air.number("threshold"),
                  dead_air.boolean("bed"), dead_air.integer("silenceUntilMs", 0)};
    if (!dead_air.first_bad().empty()) r.bad("deadAir." + dead_air.first_bad());
  }
  return finish(r, "desired", std::move(d));
}

json::object to_json(const Command& c) {
  json::object out{{"type", "command"}, {"id", c.id}, {"command", c.command}};
  if (!c.item_id.empty()) out["itemId"] = c.item_id;
  if (c.position_ms) out["positionMs"] = *c.position_ms;
  if (c.item) out["item"] = to_json(*c.item);
  return out;
}

base::Result<Command> parse_command(const json::object& in) {
  Reader r(in);
  Command c{r.text("id"), r.text("command"), r.text("itemId", false),
            r.optional_integer("positionMs"), std::nullopt};
  if (const json::value* item = in.if_contains("item"); item != nullptr && !item->is_null()) {
    auto parsed = parse_queue_item(r.object("item"));
    if (!parsed) return tl::unexpected(parsed.error());
    c.item = std::move(*parsed);
  }
  return finish(r, "command", std::move(c));
}

json::object to_json(const Offer& o) {
  return {{"type", "offer"},
          {"requestId", o.request_id},
          {"sessionId", o.session_id},
          {"participantId", o.participant_id},
          {"kind", o.kind},
          {"sdp", o.sdp}};
}

base::Result<Offer> parse_offer(const json::object& in) {
  Reader r(in);
  Offer o{r.text("requestId"), r.text("sessionId"), r.text("participantId", false), r.text("kind"),
          r.text("sdp")};
  if (o.kind != "whip" && o.kind != "whep") r.bad("kind");
  return finish(r, "offer", std::move(o));
}

json::object to_json(const IceRestart& i) {
  return {{"type", "ice_restart"},
          {"requestId", i.request_id},
          {"sessionId", i.session_id},
          {"etag", i.etag},
          {"fragment", i.fragment}};
}

base::Result<IceRestart> parse_ice_restart(const json::object& in) {
  Reader r(in);
  IceRestart i{r.text("requestId"), r.text("sessionId"), r.text("etag", false), r.text("fragment")};
  return finish(r, "ice_restart", std::move(i));
}

json::object to_json(const Watch& w) { return {{"type", "watch"}, {"levels", w.wants_levels}}; }

base::Result<Watch> parse_watch(const json::object& in) {
  Reader r(in);
  return finish(r, "watch", Watch{r.boolean("levels")});
}

json::object close_session(std::string_view session_id) {
  return {{"type", "close_session"}, {"sessionId", session_id}};
}

json::object stop() { return {{"type", "stop"}}; }

json::object to_json(const Hello& h) {
  return {{"type", "hello"},
          {"showId", h.show_id},
          {"pid", h.pid},
          {"desiredVersion", h.desired_version},
          {"epochUnixMs", h.epoch_unix_ms}};
}

base::Result<Hello> parse_hello(const json::object& in) {
  Reader r(in);
  Hello h{r.text("showId"), r.integer("pid", 0), r.integer("desiredVersion", 0),
          r.integer("epochUnixMs", 0)};
  return finish(r, "hello", std::move(h));
}

json::object to_json(const Ack& a) {
  json::object out{{"type", "ack"}, {"id", a.id}, {"ok", a.is_ok}};
  if (!a.is_ok) out["error"] = a.error;
  return out;
}

base::Result<Ack> parse_ack(const json::object& in) {
  Reader r(in);
  Ack a{r.text("id"), r.boolean("ok"), r.text("error", false)};
  return finish(r, "ack", std::move(a));
}

json::object to_json(const Answer& a) {
  return {{"type", "answer"}, {"requestId", a.request_id}, {"sdp", a.sdp}, {"etag", a.etag}};
}

base::Result<Answer> parse_answer(const json::object& in) {
  Reader r(in);
  Answer a{r.text("requestId"), r.text("sdp"), r.text("etag", false)};
  return finish(r, "answer", std::move(a));
}

json::object to_json(const Refuse& f) {
  return {
      {"type", "refuse"}, {"requestId", f.request_id}, {"status", f.status}, {"detail", f.detail}};
}

base::Result<Refuse> parse_refuse(const json::object& in) {
  Reader r(in);
  Refuse f;
  f.request_id = r.text("requestId");
  const std::int64_t status = r.integer("status", 500);
  if (status < 400 || status > 599) r.bad("status");
  f.status = static_cast<int>(status);
  f.detail = r.text("detail", false);
  return finish(r, "refuse", std::move(f));
}

json::object to_json(const SeatStats& s) {
  json::object out{{"lossPercent", s.loss_percent},
                   {"concealedPercent", s.concealed_percent},
                   {"jitterMs", s.jitter_ms},
                   {"delayMs", s.delay_ms},
                   {"rttMs", s.rtt_ms},
                   {"returnLossPercent", s.return_loss_percent}};
  if (s.drift_ppm) out["driftPpm"] = *s.drift_ppm;
  return out;
}

json::object to_json(const SeatReport& s) {
  return {{"type", "seat"},
          {"participantId", s.participant_id},
          {"sessionId", s.session_id},
          {"connection", s.connection},
          {"isPublishing", s.is_publishing},
          {"stats", s.stats ? to_json(*s.stats) : json::object()}};
}

base::Result<SeatReport> parse_seat_report(const json::object& in) {
  Reader r(in);
  SeatReport s{r.text("participantId"), r.text("sessionId", false), r.text("connection"),
               r.boolean("isPublishing", false), std::nullopt};
  if (s.connection != "connecting" && s.connection != "connected" &&
      s.connection != "disconnected") {
    r.bad("connection");
  }
  if (const json::value* stats = in.if_contains("stats");
      stats != nullptr && stats->is_object() && !stats->get_object().empty()) {
    Reader figures(stats->get_object());
    s.stats = {figures.number("lossPercent", 0),
               figures.number("concealedPercent", 0),
               figures.number("jitterMs", 0),
               figures.number("delayMs", 0),
               figures.number("rttMs", 0),
               std::nullopt,
               figures.number("returnLossPercent", 0)};
    if (stats->get_object().contains("driftPpm")) s.stats->drift_ppm = figures.number("driftPpm");
    if (!figures.first_bad().empty()) r.bad("stats." + figures.first_bad());
  }
  return finish(r, "seat", std::move(s));
}

json::object to_json(const DeckReport& d) {
  return {{"type", "deck"},
          {"state", d.state},
          {"itemId", text_or_null(d.item_id)},
          {"positionMs", d.position_ms},
          {"durationMs", number_or_null(d.duration_ms)},
          {"title", d.title},
          {"number", d.number}};
}

base::Result<DeckReport> parse_deck_report(const json::object& in) {
  Reader r(in);
  DeckReport d{r.text("state"),
               r.text("itemId", false),
               r.integer("positionMs", 0),
               r.optional_integer("durationMs"),
               r.text("title", false),
               r.integer("number", 0)};
  return finish(r, "deck", std::move(d));
}

json::object to_json(const DeckItemEnded& d) {
  json::object out{{"type", "deck_item_ended"}, {"itemId", d.item_id}, {"reason", d.reason}};
  if (!d.error.empty()) out["error"] = d.error;
  if (d.is_repeated) out["isRepeated"] = true;
  return out;
}

base::Result<DeckItemEnded> parse_deck_item_ended(const json::object& in) {
  Reader r(in);
  DeckItemEnded d{r.text("itemId"), r.text("reason"), r.text("error", false),
                  r.boolean("isRepeated", false)};
  return finish(r, "deck_item_ended", std::move(d));
}

json::object to_json(const Sessions& sessions) {
  json::array ids;
  for (const std::string& id : sessions.ids) ids.emplace_back(id);
  return {{"type", "sessions"}, {"ids", std::move(ids)}, {"isDeckKept", sessions.is_deck_kept}};
}

base::Result<Sessions> parse_sessions(const json::object& message) {
  Reader r(message);
  Sessions sessions;
  for (const json::value& id : r.array("ids")) {
    if (!id.is_string()) {
      r.bad("ids");
      break;
    }
    sessions.ids.emplace_back(id.get_string());
  }
  sessions.is_deck_kept = r.boolean("isDeckKept");
  return finish(r, "sessions", std::move(sessions));
}

}  // namespace shelcaster::link
