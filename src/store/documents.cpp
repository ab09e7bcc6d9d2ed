#include "store/documents.hpp"

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace shelcaster::store {
namespace {

namespace json = boost::json;

// One list of fields per thing (below) serves both ways: Writer puts them into an object, Reader
// takes them out of one. Each is called as archive("name", member). A member may be a list, and may
// be a thing that has fields itself.

class Writer {
 public:
  template <typename T>
  void operator()(std::string_view name, const T& value) {
    out_[name] = as_json(value);
  }
  template <typename T>
  void since_later(std::string_view name, const T& value, const T& = T()) {
    (*this)(name, value);
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
  static json::value as_json(const std::vector<T>& v) {
    json::array array;
    for (const T& one : v) array.push_back(as_json(one));
    return array;
  }
  template <typename T>
  requires std::is_enum_v<T>
  static json::value as_json(T v) { return json::value(to_string(v)); }
  template <typename Thing>
  requires std::is_class_v<Thing>
  static json::value as_json(const Thing& v) {
    Writer writer;
    fields(writer, v);
    return writer.take();
  }

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
  /// A field that older programs didn't write: its value where it is missing.
  template <typename T>
  void since_later(std::string_view name, T& value, const T& otherwise = T()) {
    value = otherwise;
    if (in_.contains(name)) (*this)(name, value);
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
  static bool read(const json::value& from, std::vector<T>& to) {
    if (!from.is_array()) return false;
    to.clear();
    for (const json::value& one : from.get_array()) {
      if (!read(one, to.emplace_back())) return false;
    }
    return true;
  }
  template <typename Thing>
  requires std::is_class_v<Thing>
  static bool read(const json::value& from, Thing& to) {
    if (!from.is_object()) return false;
    Reader reader(from.get_object());
    fields(reader, to);
    return reader.bad().empty();
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

template <typename T, typename Thing>
concept Of = std::same_as<std::remove_const_t<T>, Thing>;

void fields(auto& archive, Of<studio::Show> auto& show) {
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
  archive.since_later("invitationNumber", show.invitation_number);
  archive.since_later("bannedNetworks", show.banned_networks);
}

void fields(auto& archive, Of<studio::Participant> auto& person) {
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
  archive.since_later("selfMuted", person.is_self_muted);
  archive.since_later("invitedByName", person.is_invited_by_name);
  // Older mixers had everybody in them, and may run on.
  archive.since_later("isSeated", person.is_seated, person.has_been_connected);
  archive.since_later("sessions", person.sessions);
  archive.since_later("networks", person.networks);
}

void fields(auto& archive, Of<studio::AudioRouting> auto& routing) {
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

void fields(auto& archive, Of<studio::Track> auto& track) {
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
  archive.since_later("isForDeck", track.is_for_deck);
  archive.since_later("uploadType", track.upload_type);
  archive.since_later("artist", track.artist);
  archive.since_later("album", track.album);
  archive.since_later("cover", track.cover);
  archive.since_later("contentHash", track.content_hash);
  archive("createdAt", track.created_at);
  archive.since_later("owner", track.owner);
}

void fields(auto& archive, Of<studio::Deck> auto& deck) {
  archive("state", deck.state);
  archive("itemId", deck.item_id);
  archive("title", deck.title);
  archive.since_later("artist", deck.artist);
  archive.since_later("album", deck.album);
  archive.since_later("cover", deck.cover);
  archive("positionMs", deck.position_ms);
  archive("durationMs", deck.duration_ms);
  archive("reportNumber", deck.report_number);
  archive.since_later("queueItemId", deck.queue_item_id);
}

void fields(auto& archive, Of<studio::Session> auto& session) {
  archive("sessionId", session.id);
  archive("showId", session.show_id);
  archive("createdAt", session.created_at);
  archive("endedAt", session.ended_at);
}

void fields(auto& archive, Of<studio::Output> auto& output) {
  archive("id", output.id);
  archive("url", output.url);
  archive("streamKey", output.stream_key);
  // One that stands already stays.
  archive.since_later("allowPrivate", output.allow_private, true);
  archive.since_later("revision", output.revision);
  archive.since_later("constantRate", output.is_constant_rate);
}

void fields(auto& archive, Of<studio::Tracklist> auto& list) {
  archive("tracklistId", list.id);
  archive("title", list.title);
  archive("trackIds", list.track_ids);
  archive("createdAt", list.created_at);
  archive("updatedAt", list.updated_at);
  archive.since_later("owner", list.owner);
}

void fields(auto& archive, Of<studio::QueueItem> auto& item) {
  archive("itemId", item.id);
  archive("trackId", item.track_id);
}

void fields(auto& archive, Of<studio::Queue> auto& queue) { archive("items", queue.items); }

}  // namespace

template <typename Thing>
json::object to_document(const Thing& thing) {
  Writer writer;
  fields(writer, thing);
  return writer.take();
}

template <typename Thing>
base::Result<Thing> from_document(const json::object& in) {
  Thing thing;
  Reader reader(in);
  fields(reader, thing);
  if (!reader.bad().empty()) {
    return base::fail("stored document: field '" + reader.bad() + "' is missing or malformed");
  }
  return thing;
}

template json::object to_document(const studio::Show&);
template json::object to_document(const studio::Participant&);
template json::object to_document(const studio::AudioRouting&);
template json::object to_document(const studio::Track&);
template json::object to_document(const studio::Tracklist&);
template json::object to_document(const studio::Queue&);
template json::object to_document(const studio::Deck&);
template json::object to_document(const studio::Session&);
template json::object to_document(const studio::Output&);

template base::Result<studio::Show> from_document(const json::object&);
template base::Result<studio::Participant> from_document(const json::object&);
template base::Result<studio::AudioRouting> from_document(const json::object&);
template base::Result<studio::Track> from_document(const json::object&);
template base::Result<studio::Tracklist> from_document(const json::object&);
template base::Result<studio::Queue> from_document(const json::object&);
template base::Result<studio::Deck> from_document(const json::object&);
template base::Result<studio::Session> from_document(const json::object&);
template base::Result<studio::Output> from_document(const json::object&);

}  // namespace shelcaster::store
