#include "store/documents.hpp"

#include <string_view>
#include <type_traits>
#include <utility>

#include "archive/json_reader.hpp"
#include "archive/json_writer.hpp"
#include "base/fields.hpp"

// What is kept of each thing, beside the thing, where archives look for it.
namespace shelcaster::studio {

template <typename T>
static bool parsed(std::optional<T> from, T& to) {
  if (from) to = *from;
  return from.has_value();
}

static bool parse(std::string_view text, ShowStatus& to) {
  return parsed(parse_show_status(text), to);
}
static bool parse(std::string_view text, CompositionStatus& to) {
  return parsed(parse_composition_status(text), to);
}
static bool parse(std::string_view text, Role& to) { return parsed(parse_role(text), to); }
static bool parse(std::string_view text, TrackStatus& to) {
  return parsed(parse_track_status(text), to);
}
static bool parse(std::string_view text, DeckState& to) {
  return parsed(parse_deck_state(text), to);
}

void fields(auto& archive, base::Of<Show> auto& show) {
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

void fields(auto& archive, base::Of<Participant> auto& person) {
  archive("participantId", person.id);
  archive("showId", person.show_id);
  archive("username", person.username);
  archive("role", person.role);
  archive("isOnAir", person.is_on_air);
  archive("hasBeenOnAir", person.has_been_on_air);
  archive("hasBeenConnected", person.has_been_connected);
  archive("isKicked", person.is_kicked);
  fields(archive, person.controls);
  archive("joinedAt", person.joined_at);
  archive("leftAt", person.left_at);
  archive.since_later("selfMuted", person.is_self_muted);
  archive.since_later("invitedByName", person.is_invited_by_name);
  // Older mixers had everybody in them, and may run on.
  archive.since_later("isSeated", person.is_seated, person.has_been_connected);
  archive.since_later("sessions", person.sessions);
  archive.since_later("networks", person.networks);
}

void fields(auto& archive, base::Of<Track> auto& track) {
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

void fields(auto& archive, base::Of<Deck> auto& deck) {
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

void fields(auto& archive, base::Of<Session> auto& session) {
  archive("sessionId", session.id);
  archive("showId", session.show_id);
  archive("createdAt", session.created_at);
  archive("endedAt", session.ended_at);
}

void fields(auto& archive, base::Of<Output> auto& output) {
  archive("id", output.id);
  archive("url", output.url);
  archive("streamKey", output.stream_key);
  // One that stands already stays.
  archive.since_later("allowPrivate", output.allow_private, true);
  archive.since_later("revision", output.revision);
  archive.since_later("constantRate", output.is_constant_rate);
}

void fields(auto& archive, base::Of<Tracklist> auto& list) {
  archive("tracklistId", list.id);
  archive("title", list.title);
  archive("trackIds", list.track_ids);
  archive("createdAt", list.created_at);
  archive("updatedAt", list.updated_at);
  archive.since_later("owner", list.owner);
}

void fields(auto& archive, base::Of<QueueItem> auto& item) {
  archive("itemId", item.id);
  archive("trackId", item.track_id);
}

void fields(auto& archive, base::Of<Queue> auto& queue) { archive("items", queue.items); }

}  // namespace shelcaster::studio

namespace shelcaster::store {

namespace json = boost::json;

namespace {

/// As it is kept: compressor and limiter beside the volumes.
struct KeptRouting : studio::AudioRouting {};

void fields(auto& archive, base::Of<KeptRouting> auto& routing) {
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

/// A thing as it is kept.
template <typename Thing>
const Thing& kept(const Thing& thing) {
  return thing;
}
KeptRouting kept(const studio::AudioRouting& routing) { return {routing}; }

}  // namespace

template <typename Thing>
json::object to_document(const Thing& thing) {
  return archive::to_json_object(kept(thing));
}

template <typename Thing>
base::Result<Thing> from_document(const json::object& in) {
  std::remove_cvref_t<decltype(kept(std::declval<const Thing&>()))> thing;
  archive::JsonReader reader(in);
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
