#include "store/documents.hpp"

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace shelcaster::store {
namespace {

namespace json = boost::json;

// One list of fields per thing serves both ways: Writer puts them into an object, Reader takes them
// out of one. Each is called as archive("name", member).

class Writer {
 public:
  template <typename T>
  void operator()(std::string_view name, const T& value) {
    out_[name] = as_json(value);
  }
  json::object take() { return std::move(out_); }

 private:
  static json::value as_json(const std::string& v) { return json::value(v); }
  static json::value as_json(bool v) { return v; }
  static json::value as_json(int v) { return v; }
  static json::value as_json(std::int64_t v) { return v; }
  static json::value as_json(double v) { return v; }
  static json::value as_json(base::WallTime v) { return v.unix_ms(); }
  template <typename Tag>
  static json::value as_json(const base::StrongId<Tag>& v) {
    return json::value(v.str());
  }
  template <typename T>
  static json::value as_json(const std::optional<T>& v) {
    return v ? as_json(*v) : json::value(nullptr);
  }
  template <typename T>
  requires std::is_enum_v<T>
  static json::value as_json(T v) { return json::value(to_string(v)); }

  json::object out_;
};

class Reader {
 public:
  explicit Reader(const json::object& in) : in_(in) {}

  template <typename T>
  void operator()(std::string_view name, T& value) {
    const json::value* found = in_.if_contains(name);
    if (found == nullptr || !read(*found, value)) {
      if (bad_.empty()) bad_ = name;
    }
  }
  [[nodiscard]] const std::string& bad() const { return bad_; }

 private:
  static bool read(const json::value& from, std::string& to) {
    if (!from.is_string()) return false;
    to = from.get_string();
    return true;
  }
  static bool read(const json::value& from, bool& to) {
    if (!from.is_bool()) return false;
    to = from.get_bool();
    return true;
  }
  static bool read(const json::value& from, std::int64_t& to) {
    boost::system::error_code error;
    to = from.to_number<std::int64_t>(error);
    return !error;
  }
  static bool read(const json::value& from, int& to) {
    boost::system::error_code error;
    to = from.to_number<int>(error);
    return !error;
  }
  static bool read(const json::value& from, double& to) {
    boost::system::error_code error;
    to = from.to_number<double>(error);
    return !error;
  }
  static bool read(const json::value& from, base::WallTime& to) {
    std::int64_t ms = 0;
    if (!read(from, ms)) return false;
    to = base::WallTime::from_unix_ms(ms);
    return true;
  }
  template <typename Tag>
  static bool read(const json::value& from, base::StrongId<Tag>& to) {
    std::string text;
    if (!read(from, text)) return false;
    to = base::StrongId<Tag>(std::move(text));
    return true;
  }
  template <typename T>
  static bool read(const json::value& from, std::optional<T>& to) {
    if (from.is_null()) {
      to.reset();
      return true;
    }
    return read(from, to.emplace());
  }
  template <typename T>
  static bool parsed(std::optional<T> from, T& to) {
    if (from) to = *from;
    return from.has_value();
  }
  static bool read(const json::value& from, studio::ShowStatus& to) {
    return from.is_string() && parsed(studio::parse_show_status(from.get_string()), to);
  }
  static bool read(const json::value& from, studio::CompositionStatus& to) {
    return from.is_string() && parsed(studio::parse_composition_status(from.get_string()), to);
  }
  static bool read(const json::value& from, studio::Role& to) {
    return from.is_string() && parsed(studio::parse_role(from.get_string()), to);
  }
  static bool read(const json::value& from, studio::TrackStatus& to) {
    return from.is_string() && parsed(studio::parse_track_status(from.get_string()), to);
  }
  static bool read(const json::value& from, studio::DeckState& to) {
    return from.is_string() && parsed(studio::parse_deck_state(from.get_string()), to);
  }

  const json::object& in_;
  std::string bad_;
};

void fields(auto& archive, auto& show) requires
    std::is_same_v<std::remove_const_t<std::remove_reference_t<decltype(show)>>, studio::Show> {
  archive("showId", show.id);
  archive("title", show.title);
  archive("status", show.status);
  archive("hostUserId", show.host_user_id);
  archive("compositionServiceStatus", show.composition_status);
  archive("taskNumber", show.task_number);
  archive("tracklistId", show.tracklist_id);
  archive("error", show.error);
  archive("createdAt", show.created_at);
  archive("updatedAt", show.updated_at);
}

void fields(auto& archive, auto& person) requires std::is_same_v<
    std::remove_const_t<std::remove_reference_t<decltype(person)>>, studio::Participant> {
  archive("participantId", person.id);
  archive("showId", person.show_id);
  archive("username", person.username);
  archive("role", person.role);
  archive("isOnAir", person.is_on_air);
  archive("hasBeenOnAir", person.has_been_on_air);
  archive("hasBeenConnected", person.has_been_connected);
  archive("muted", person.is_muted);
  archive("isKicked", person.is_kicked);
  archive("volume", person.volume);
  archive("joinedAt", person.joined_at);
  archive("leftAt", person.left_at);
}

void fields(auto& archive, auto& routing) requires std::is_same_v<
    std::remove_const_t<std::remove_reference_t<decltype(routing)>>, studio::AudioRouting> {
  archive("tracklistVolume", routing.tracklist_volume);
  archive("hostVolume", routing.host_volume);
  archive("callersVolume", routing.callers_volume);
  archive("masterVolume", routing.master_volume);
  archive("compressionEnabled", routing.compression.is_enabled);
  archive("compressionThreshold", routing.compression.threshold_db);
  archive("compressionRatio", routing.compression.ratio);
  archive("limiterEnabled", routing.limiter.is_enabled);
  archive("limiterCeiling", routing.limiter.ceiling_db);
  archive("updatedAt", routing.updated_at);
}

void fields(auto& archive, auto& track) requires
    std::is_same_v<std::remove_const_t<std::remove_reference_t<decltype(track)>>, studio::Track> {
  archive("trackId", track.id);
  archive("title", track.title);
  archive("isTitleGiven", track.is_title_given);
  archive("status", track.status);
  archive("error", track.error);
  archive("source", track.source);
  archive("durationMs", track.duration_ms);
  archive("loudnessLufs", track.loudness_lufs);
  archive("truePeakDb", track.true_peak_db);
  archive("gainDb", track.gain_db);
  archive("createdAt", track.created_at);
}

void fields(auto& archive, auto& deck) requires
    std::is_same_v<std::remove_const_t<std::remove_reference_t<decltype(deck)>>, studio::Deck> {
  archive("state", deck.state);
  archive("itemId", deck.item_id);
  archive("title", deck.title);
  archive("positionMs", deck.position_ms);
  archive("durationMs", deck.duration_ms);
}

void fields(auto& archive, auto& session) requires std::is_same_v<
    std::remove_const_t<std::remove_reference_t<decltype(session)>>, studio::Session> {
  archive("sessionId", session.id);
  archive("showId", session.show_id);
  archive("createdAt", session.created_at);
  archive("endedAt", session.ended_at);
}

void fields(auto& archive, auto& output) requires
    std::is_same_v<std::remove_const_t<std::remove_reference_t<decltype(output)>>, studio::Output> {
  archive("id", output.id);
  archive("url", output.url);
  archive("streamKey", output.stream_key);
}

template <typename Thing>
json::object written(const Thing& thing) {
  Writer writer;
  fields(writer, thing);
  return writer.take();
}

template <typename Thing>
base::Result<Thing> read(const json::object& in) {
  Thing thing;
  Reader reader(in);
  fields(reader, thing);
  if (!reader.bad().empty()) {
    return base::fail("stored document: field '" + reader.bad() + "' is missing or malformed");
  }
  return thing;
}

}  // namespace

json::object to_document(const studio::Show& v) { return written(v); }
json::object to_document(const studio::Participant& v) { return written(v); }
json::object to_document(const studio::AudioRouting& v) { return written(v); }
json::object to_document(const studio::Track& v) { return written(v); }
json::object to_document(const studio::Deck& v) { return written(v); }
json::object to_document(const studio::Session& v) { return written(v); }
json::object to_document(const studio::Output& v) { return written(v); }

json::object to_document(const studio::Tracklist& list) {
  json::array ids;
  for (const studio::TrackId& id : list.track_ids) ids.emplace_back(id.str());
  return {{"tracklistId", list.id.str()},
          {"title", list.title},
          {"trackIds", std::move(ids)},
          {"createdAt", list.created_at.unix_ms()},
          {"updatedAt", list.updated_at.unix_ms()}};
}

json::object to_document(const studio::Queue& queue) {
  json::array items;
  for (const studio::QueueItem& item : queue.items) {
    items.push_back({{"itemId", item.id.str()}, {"trackId", item.track_id.str()}});
  }
  return {{"items", std::move(items)}};
}

template <>
base::Result<studio::Show> from_document(const json::object& in) {
  return read<studio::Show>(in);
}
template <>
base::Result<studio::Participant> from_document(const json::object& in) {
  return read<studio::Participant>(in);
}
template <>
base::Result<studio::AudioRouting> from_document(const json::object& in) {
  return read<studio::AudioRouting>(in);
}
template <>
base::Result<studio::Track> from_document(const json::object& in) {
  return read<studio::Track>(in);
}
template <>
base::Result<studio::Deck> from_document(const json::object& in) {
  return read<studio::Deck>(in);
}
template <>
base::Result<studio::Session> from_document(const json::object& in) {
  return read<studio::Session>(in);
}
template <>
base::Result<studio::Output> from_document(const json::object& in) {
  return read<studio::Output>(in);
}

template <>
base::Result<studio::Tracklist> from_document(const json::object& in) {
  studio::Tracklist list;
  Reader reader(in);
  reader("tracklistId", list.id);
  reader("title", list.title);
  reader("createdAt", list.created_at);
  reader("updatedAt", list.updated_at);
  const json::value* ids = in.if_contains("trackIds");
  if (!reader.bad().empty() || ids == nullptr || !ids->is_array()) {
    return base::fail("stored tracklist: malformed");
  }
  for (const json::value& id : ids->get_array()) {
    if (!id.is_string()) return base::fail("stored tracklist: malformed trackIds");
    list.track_ids.emplace_back(std::string(id.get_string()));
  }
  return list;
}

template <>
base::Result<studio::Queue> from_document(const json::object& in) {
  studio::Queue queue;
  const json::value* items = in.if_contains("items");
  if (items == nullptr || !items->is_array()) return base::fail("stored queue: no items");
  for (const json::value& item : items->get_array()) {
    studio::QueueItem read_item;
    if (!item.is_object()) return base::fail("stored queue: malformed item");
    Reader reader(item.get_object());
    reader("itemId", read_item.id);
    reader("trackId", read_item.track_id);
    if (!reader.bad().empty()) return base::fail("stored queue: malformed item");
    queue.items.push_back(std::move(read_item));
  }
  return queue;
}

}  // namespace shelcaster::store
