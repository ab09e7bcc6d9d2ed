#include "link/reports.hpp"

#include "link/detail/fields.hpp"

namespace shelcaster::link::detail {
namespace {

void read(Reader& r, SeatStats& s) {
  s.loss_percent = r.number("lossPercent", 0);
  s.concealed_percent = r.number("concealedPercent", 0);
  s.jitter_ms = r.number("jitterMs", 0);
  s.delay_ms = r.number("delayMs", 0);
  s.rtt_ms = r.number("rttMs", 0);
  if (r.has("driftPpm")) s.drift_ppm = r.number("driftPpm");
  s.return_loss_percent = r.number("returnLossPercent", 0);
}

}  // namespace

json::object write(const Hello& h) {
  return {{"showId", h.show_id},
          {"pid", h.pid},
          {"desiredVersion", h.desired_version},
          {"epochUnixMs", h.epoch_unix_ms}};
}
void read(Reader& r, Hello& h) {
  h = {r.text("showId"), r.integer("pid", 0), r.integer("desiredVersion", 0),
       r.integer("epochUnixMs", 0)};
}

json::object write(const Ack& a) {
  json::object out{{"id", a.id}, {"ok", a.is_ok}};
  if (!a.is_ok) out["error"] = a.error;
  return out;
}
void read(Reader& r, Ack& a) { a = {r.text("id"), r.boolean("ok"), r.text_if_any("error")}; }

json::object write(const Answer& a) {
  return {{"requestId", a.request_id}, {"sdp", a.sdp}, {"etag", a.etag}};
}
void read(Reader& r, Answer& a) { a = {r.text("requestId"), r.text("sdp"), r.text_if_any("etag")}; }

json::object write(const Refuse& f) {
  return {{"requestId", f.request_id},
          {"status", f.status},
          {"detail", f.detail},
          {"reason", f.reason}};
}
void read(Reader& r, Refuse& f) {
  f = {r.text("requestId"), r.integer_within("status", 400, 599, 500), r.text_if_any("detail"),
       r.text_if_any("reason")};
}

json::object write(const SeatStats& s) {
  json::object out{{"lossPercent", s.loss_percent},
                   {"concealedPercent", s.concealed_percent},
                   {"jitterMs", s.jitter_ms},
                   {"delayMs", s.delay_ms},
                   {"rttMs", s.rtt_ms},
                   {"returnLossPercent", s.return_loss_percent}};
  put(out, "driftPpm", s.drift_ppm);
  return out;
}

json::object write(const SeatReport& s) {
  return {{"participantId", s.participant_id},
          {"sessionId", s.session_id},
          {"connection", s.connection},
          {"isPublishing", s.is_publishing},
          {"stats", s.stats ? write(*s.stats) : json::object()}};
}
void read(Reader& r, SeatReport& s) {
  s.participant_id = r.text("participantId");
  s.session_id = r.text_if_any("sessionId");
  s.connection = r.text("connection");
  s.is_publishing = r.boolean("isPublishing", false);
  if (s.connection != "connecting" && s.connection != "connected" &&
      s.connection != "disconnected") {
    r.bad("connection");
  }
  r.part_if_any("stats", [&s](Reader& stats) {
    if (!stats.is_empty()) read(stats, s.stats.emplace());
  });
}

json::object write(const Listens& l) { return {{"participantId", l.participant_id}}; }
void read(Reader& r, Listens& l) { l.participant_id = r.text("participantId"); }

json::object write(const Sessions& s) {
  return {{"ids", json::array(s.ids.begin(), s.ids.end())}, {"isDeckKept", s.is_deck_kept}};
}
void read(Reader& r, Sessions& s) { s = {r.texts("ids"), r.boolean("isDeckKept")}; }

json::object write(const DeckReport& d) {
  json::object out{{"state", d.state},
                   {"positionMs", d.position_ms},
                   {"isBuffering", d.is_buffering},
                   {"underruns", d.underruns},
                   {"itemId", text_or_null(d.item_id)},
                   {"title", or_null(d.title)},
                   {"durationMs", or_null(d.duration_ms)}};
  put(out, "number", d.number);
  return out;
}
void read(Reader& r, DeckReport& d) {
  d.state = r.text("state");
  d.item_id = r.text_if_any("itemId");
  d.position_ms = r.integer("positionMs", 0);
  d.duration_ms = r.optional_integer("durationMs");
  d.title = r.optional_text("title");
  d.is_buffering = r.boolean("isBuffering", false);
  d.underruns = r.integer("underruns", 0);
  d.number = r.optional_integer("number");
}

json::object write(const DeckItemEnded& d) {
  json::object out{{"itemId", d.item_id}, {"reason", d.reason}};
  if (!d.error.empty()) out["error"] = d.error;
  if (d.is_repeated) out["isRepeated"] = true;
  return out;
}
void read(Reader& r, DeckItemEnded& d) {
  d = {r.text("itemId"), r.text("reason"), r.text_if_any("error"), r.boolean("isRepeated", false)};
}

json::object write(const DeadAirStarted& d) {
  json::object out{{"started", d.started}};
  put(out, "isFalse", d.is_false);
  return out;
}
void read(Reader& r, DeadAirStarted& d) {
  d = {r.text_if_any("started"), r.optional_boolean("isFalse")};
}

json::object write(const DeadAirEnded& d) {
  json::object out{{"reason", d.reason}};
  put(out, "lastedMs", d.lasted_ms);
  put(out, "isFalse", d.is_false);
  return out;
}
void read(Reader& r, DeadAirEnded& d) {
  d = {r.text_if_any("reason"), r.optional_integer("lastedMs"), r.optional_boolean("isFalse")};
}

json::object write(const Stopped&) { return {}; }
void read(Reader&, Stopped&) {}

}  // namespace shelcaster::link::detail
