#include "link/orders.hpp"

#include <limits>

#include "archive/json_writer.hpp"
#include "link/detail/fields.hpp"

namespace shelcaster::link {

void fields(auto& archive, base::Of<Seat> auto& seat) {
  archive("participantId", seat.participant_id);
  archive("role", seat.role);
  archive("isOnAir", seat.is_on_air);
  fields(archive, seat.controls);
}

}  // namespace shelcaster::link

namespace shelcaster::link::detail {
namespace {

constexpr std::string_view kDefaultKind = "rtmp";

json::array write(const std::vector<OutputTarget>& targets) {
  json::array outputs;
  for (const OutputTarget& target : targets) {
    json::object output{{"id", target.id},
                        {"url", target.url},
                        {"allowPrivate", target.allow_private},
                        {"revision", target.revision},
                        {"constantRate", target.is_constant_rate}};
    put(output, "keyAt", target.key_at);
    // Left out where a version that knows one kind only would say nothing either.
    if (target.kind != kDefaultKind) output["kind"] = target.kind;
    if (target.recording) {
      output["recording"] = {{"flac", target.recording->has_flac},
                             {"reserveMib", target.recording->reserve_mib},
                             {"reserveMibMin", target.recording->reserve_mib_min}};
    }
    outputs.push_back(std::move(output));
  }
  return outputs;
}

void read(Reader& r, std::vector<OutputTarget>& outputs) {
  r.each("outputs", [&outputs](Reader& output) {
    OutputTarget& target = outputs.emplace_back();
    target.id = output.text("id");
    target.url = output.text("url");
    // A serve that doesn't say it is from before there was such a rule, and has let it through.
    target.allow_private = output.boolean("allowPrivate", true);
    target.key_at = output.optional_integer("keyAt");
    if (target.key_at.value_or(0) < 0) output.bad("keyAt");
    target.revision = output.integer("revision", 0);
    target.is_constant_rate = output.boolean("constantRate", false);
    target.kind = output.optional_text("kind").value_or(std::string(kDefaultKind));
    output.part_if_any("recording", [&target](Reader& recording) {
      target.recording.emplace() = {recording.boolean("flac", true),
                                    recording.integer("reserveMib", 0),
                                    recording.integer("reserveMibMin", 0)};
    });
  });
}

json::array write(const std::vector<Seat>& seats) {
  json::array out;
  for (const Seat& seat : seats) out.push_back(archive::to_json_object(seat));
  return out;
}

void read(Reader& r, std::vector<Seat>& seats) {
  r.each("seats", [&seats](Reader& seat) { fields(seat, seats.emplace_back()); });
}

void read(Reader& r, DeckHint& deck) {
  deck = {r.text_if_any("itemId"), r.integer("positionMs", 0), r.text_if_any("state"),
          r.integer("number", 0)};
}

void read(Reader& r, DeadAir& dead_air) {
  dead_air = {r.integer("afterMs"), r.number("threshold"), r.boolean("bed"),
              r.integer("silenceUntilMs", 0)};
}

void read(Reader& r, ListenerLimits& listeners) {
  constexpr int kMost = std::numeric_limits<int>::max();
  listeners = {r.integer_within("perShow", 0, kMost), r.integer_within("perSource", 0, kMost)};
}

/// Into what is there if the message has that part.
template <typename Part>
void read_if_any(Reader& r, std::string_view name, std::optional<Part>& part) {
  r.part_if_any(name, [&part](Reader& in) { read(in, part.emplace()); });
}

}  // namespace

json::object write(const QueueItem& item) {
  json::object out{{"itemId", item.item_id}, {"trackId", item.track_id},
                   {"path", item.path},      {"gainDb", item.gain_db},
                   {"title", item.title},    {"durationMs", or_null(item.duration_ms)}};
  if (!item.artist.empty()) out["artist"] = item.artist;
  return out;
}
void read(Reader& r, QueueItem& item) {
  item = {r.text("itemId"),
          r.text("trackId"),
          r.text("path"),
          r.number("gainDb"),
          r.optional_integer("durationMs"),
          r.text_if_any("title"),
          r.text_if_any("artist")};
}

json::object write(const Desired& d) {
  json::array queue;
  for (const QueueItem& item : d.queue) queue.push_back(write(item));
  return {
      {"version", d.version},
      {"showId", d.show_id},
      {"title", d.title},
      {"routing", archive::to_json_object(d.routing)},
      {"seats", write(d.seats)},
      {"queue", std::move(queue)},
      {"played", d.played ? json::value(write(*d.played)) : json::value(nullptr)},
      {"deck",
       {{"itemId", text_or_null(d.deck.item_id)},
        {"positionMs", d.deck.position_ms},
        {"state", d.deck.state},
        {"number", d.deck.number}}},
      {"outputs", write(d.outputs)},
      {"deadAir",
       {{"afterMs", d.dead_air.after_ms},
        {"threshold", d.dead_air.threshold_db},
        {"bed", d.dead_air.has_bed},
        {"silenceUntilMs", d.dead_air.silence_until_ms}}},
      {"listeners", {{"perShow", d.listeners.per_show}, {"perSource", d.listeners.per_source}}}};
}
void read(Reader& r, Desired& d) {
  d.version = r.integer("version");
  d.show_id = r.text("showId");
  d.title = r.text_if_any("title");
  r.part("routing", [&d](Reader& routing) { fields(routing, d.routing); });
  read(r, d.seats);
  r.each("queue", [&d](Reader& item) { read(item, d.queue.emplace_back()); });
  read_if_any(r, "played", d.played);
  r.part("deck", [&d](Reader& deck) { read(deck, d.deck); });
  read(r, d.outputs);
  r.part_if_any("deadAir", [&d](Reader& dead_air) { read(dead_air, d.dead_air); });
  r.part_if_any("listeners", [&d](Reader& listeners) { read(listeners, d.listeners); });
}

json::object write(const DesiredOutputs& d) {
  return {{"version", d.version}, {"showId", d.show_id}, {"outputs", write(d.outputs)}};
}
void read(Reader& r, DesiredOutputs& d) {
  d.version = r.integer("version", 0);
  d.show_id = r.text_if_any("showId");
  read(r, d.outputs);
}

json::object write(const Command& c) {
  json::object out{{"id", c.id}, {"command", c.command}};
  if (!c.item_id.empty()) out["itemId"] = c.item_id;
  put(out, "positionMs", c.position_ms);
  if (c.item) out["item"] = write(*c.item);
  if (!c.over_item_id.empty()) out["overItemId"] = c.over_item_id;
  return out;
}
void read(Reader& r, Command& c) {
  c.id = r.text("id");
  c.command = r.text("command");
  c.item_id = r.text_if_any("itemId");
  c.position_ms = r.optional_integer("positionMs");
  read_if_any(r, "item", c.item);
  c.over_item_id = r.text_if_any("overItemId");
}

json::object write(const Offer& o) {
  return {{"requestId", o.request_id},
          {"sessionId", o.session_id},
          {"participantId", o.participant_id},
          {"kind", o.kind},
          {"sdp", o.sdp},
          {"source", o.source},
          {"replaces", o.replaces}};
}
void read(Reader& r, Offer& o) {
  o = {r.text("requestId"), r.text("sessionId"),     r.text_if_any("participantId"), r.text("kind"),
       r.text("sdp"),       r.text_if_any("source"), r.text_if_any("replaces")};
  if (o.kind != "whip" && o.kind != "whep") r.bad("kind");
}

json::object write(const IceRestart& i) {
  return {{"requestId", i.request_id},
          {"sessionId", i.session_id},
          {"etag", i.etag},
          {"fragment", i.fragment}};
}
void read(Reader& r, IceRestart& i) {
  i = {r.text("requestId"), r.text("sessionId"), r.text_if_any("etag"), r.text("fragment")};
}

json::object write(const CloseSession& c) { return {{"sessionId", c.session_id}}; }
void read(Reader& r, CloseSession& c) { c.session_id = r.text("sessionId"); }

json::object write(const Watch& w) { return {{"levels", w.wants_levels}}; }
void read(Reader& r, Watch& w) { w.wants_levels = r.boolean("levels"); }

json::object write(const NewLog& l) { return {{"before", l.before}, {"now", l.now}}; }
void read(Reader& r, NewLog& l) { l = {r.text("before"), r.text("now")}; }

json::object write(const Stop&) { return {}; }
void read(Reader&, Stop&) {}

}  // namespace shelcaster::link::detail
