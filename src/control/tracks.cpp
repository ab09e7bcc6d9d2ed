#include <cmath>
#include <utility>

#include "base/log.hpp"
#include "control/detail/addressed.hpp"
#include "control/detail/decks.hpp"
#include "control/detail/handlers.hpp"
#include "control/detail/library_page.hpp"
#include "control/detail/views.hpp"
#include "control/fields.hpp"
#include "control/names.hpp"
#include "control/urls.hpp"

namespace shelcaster::control::detail {

namespace json = boost::json;

namespace {

constexpr std::string_view kUntitled = "Untitled";
/// Covers are public: nobody may guess a name (119 bits).
constexpr std::size_t kCoverNameLength = 20;
constexpr std::size_t kUrlMax = 8'192;
/// A smaller change of what is known isn't worth a message.
constexpr double kGainStepDb = 0.5;
/// Two events at most, and the counter of its show's log.
constexpr std::size_t kActionsOfTelling = 3;

studio::Track addressed_track(Desk& desk, const Call& call) {
  return addressed(desk.core, call, &Core::find_track, "track");
}

/// Cut between two characters.
std::string first_characters(std::string text, std::size_t characters_max) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(text[i]) & 0xc0U) != 0x80U;
    if (begins && ++characters > characters_max) {
      text.resize(i);
      break;
    }
  }
  return text;
}

/// "My%20Song.mp3" → "My Song": what a person would call the file.
std::string title_of_file(std::string name) {
  if (const auto decoded = percent_decoded(name)) name = *decoded;
  if (const std::size_t slash = name.find_last_of("/\\"); slash != std::string::npos) {
    name.erase(0, slash + 1);
  }
  if (const std::size_t dot = name.rfind('.'); dot != std::string::npos && dot > 0) {
    name.resize(dot);
  }
  name = cleaned_name(name, 4 * kTitleMax);
  return name.empty() ? std::string(kUntitled) : first_characters(std::move(name), kTitleMax);
}

std::string title_of_url(const std::string& url) { return title_of_file(file_name_of(url)); }

studio::Track new_track(Desk& desk, Change& change, std::string title, bool is_given,
                        const studio::Owner& owner) {
  desk.core.require_fewer_than(store::Collection::kTracks, "", desk.core.config.tracks_max,
                               "tracks");
  studio::Track track;
  track.id = studio::TrackId(desk.core.new_id("track"));
  track.title = std::move(title);
  track.is_title_given = is_given;
  track.owner = owner;
  track.created_at = change.at();
  return track;
}

json::object accepted(const studio::Track& track) {
  return {{"trackId", track.id.str()},
          {"title", track.title},
          {"status", studio::to_string(track.status)}};
}

void start_upload(Desk& desk, const studio::Track& track, std::filesystem::path file) {
  ImportJob job;
  job.cover_name = desk.core.ports.random.token(kCoverNameLength);
  job.track_id = track.id;
  job.file = std::move(file);
  job.content_type = track.upload_type;
  job.owner = track.owner.value_or(studio::ShowId()).str();
  desk.core.imports[track.id] = {};
  desk.core.ports.media.start_import(job);
}

Response create_from_upload(Desk& desk, Call& call) {
  const auto title = call.query.find("title");
  const auto filename = call.query.find("filename");
  const bool is_given = title != call.query.end() && !title->second.empty();
  if (call.request.body_file.empty()) refuse(400, "the upload is empty");
  const std::string type(header_of(call.request.headers, "Content-Type"));
  std::string name(kUntitled);
  if (is_given) {
    name = title->second;
  } else if (filename != call.query.end()) {
    name = title_of_file(filename->second);
  } else if (auto named = desk.core.ports.media.upload_name(call.request.body_file, type)) {
    name = title_of_file(std::move(*named));
  }
  if (first_characters(name, kTitleMax) != name) {
    refuse(422, "?title= must have at most 200 characters");
  }
  if (const auto problem = problem_of_name(name)) refuse(422, "?title= " + std::string(*problem));
  Change change = desk.core.change(call.who);
  studio::Track track = new_track(desk, change, name, is_given, owner_of(call.who));
  track.source = "upload";
  track.upload_type = type;
  change.create(track);
  // First, so that what is acknowledged can be imported after a restart too.
  call.request.body_file =
      desk.core.ports.media.keep_upload(track.id, track.owner->str(), call.request.body_file);
  Response response = desk.core.reply(call, change, 202, accepted(track));
  start_upload(desk, track, std::exchange(call.request.body_file, {}));  // the job's now
  return response;
}

}  // namespace

bool resume_upload(Desk& desk, const studio::Track& track) {
  auto file = desk.core.ports.media.kept_upload(track.id);
  if (file) start_upload(desk, track, std::move(*file));
  return file.has_value();
}

studio::Track make_fetched_track(Desk& desk, Change& change, const std::string& url,
                                 const std::optional<std::string>& title, FetchFor fetch_for,
                                 const studio::Owner& owner) {
  studio::Track track =
      new_track(desk, change, title.value_or(title_of_url(url)), title.has_value(), owner);
  track.source = url;
  track.is_for_deck = fetch_for == FetchFor::kDeck;
  change.create(track);
  return track;
}

void start_fetch(Desk& desk, const studio::Track& track, const std::string& owner,
                 FetchFor fetch_for) {
  const bool is_for_deck = fetch_for == FetchFor::kDeck;
  ImportJob job;
  job.track_id = track.id;
  job.url = track.source;
  job.allow_private_urls = desk.core.config.allow_private_urls;
  job.wanted = is_for_deck ? Wanted::kSoon : Wanted::kNot;
  job.owner = owner;
  job.cover_name = desk.core.ports.random.token(kCoverNameLength);
  ImportState& import = desk.core.imports[track.id];
  import.wanted = job.wanted;
  import.is_for_deck = is_for_deck;
  desk.core.ports.media.start_import(job);
}

void forget_import(Desk& desk, const studio::TrackId& id) {
  if (const auto track = desk.core.find_track(id); track && !track->cover.empty()) {
    desk.core.ports.media.remove_cover(track->cover);
  }
  Change change = desk.core.change_by_system();
  change.remove({store::Collection::kTracks, "", id.str()});
  desk.core.commit(change);
  desk.core.ports.media.cancel_import(id);
  desk.core.imports.erase(id);
}

Answered tracks_create(Desk& desk, Call& call) {
  const std::string_view type = header_of(call.request.headers, "Content-Type");
  if (!type.starts_with("application/json")) return create_from_upload(desk, call);
  Fields fields(call.body);
  auto url = fields.text("url", 1, kUrlMax, Need::kRequired);
  const auto title = fields.text("title", 1, kTitleMax);
  if (url) {
    url = encoded_url(*url);
    const auto checked = check_media_url(*url, desk.core.config.allow_private_urls);
    if (!checked) fields.wrong("url", checked.error().message);
  }
  fields.finish();
  Change change = desk.core.change(call.who);
  const studio::Track track =
      make_fetched_track(desk, change, *url, title, FetchFor::kLibrary, owner_of(call.who));
  Response response = desk.core.reply(call, change, 202, accepted(track));
  start_fetch(desk, track, track.owner->str(), FetchFor::kLibrary);
  return response;
}

Answered tracks_list(Desk& desk, Call& call) {
  return library_page(desk.core, call, store::Collection::kTracks, "tracks", &Core::find_track,
                      [&](const studio::Track& track) { return track_json(desk.core, track); });
}

Answered tracks_get(Desk& desk, Call& call) {
  return json_response(200, track_json(desk.core, addressed_track(desk, call)));
}

Answered tracks_patch(Desk& desk, Call& call) {
  studio::Track track = addressed_track(desk, call);
  const std::string before = track.title;
  const studio::Owner owner = track.owner;
  change_by_body(desk.core, call, track, "track");
  track.is_title_given = track.is_title_given || track.title != before;
  Change change = desk.core.change(call.who);
  change.put(track);
  // A show that has it queued may not play it any more, or may again.
  for (const studio::Show& show : shows_for_items(desk.core)) {
    if (track.owner != owner && find_item(desk.core, show, track.id)) change.desire(show.id);
  }
  return desk.core.reply(call, change, 200, track_json(desk.core, track));
}

Answered tracks_delete(Desk& desk, Call& call) {
  const studio::Track track = addressed_track(desk, call);
  require_change(call.who, track.owner, "track");
  Change change = desk.core.change(call.who);
  take_out_of_lists(desk, {track.id}, change);
  remove_tracks(desk, {track}, change);
  return Response{204, {}, ""};
}

namespace {

/// What its file says of itself; true if that is new.
bool take_tags(studio::Track& track, const ImportProgress& report) {
  const studio::Track before = track;
  const auto named = [](const std::string& tag) {
    return first_characters(cleaned_name(tag, 4 * kTitleMax), kTitleMax);
  };
  const std::string title = named(report.title);
  const std::string artist = named(report.artist);
  const std::string album = named(report.album);
  if (!track.is_title_given && !title.empty()) {
    track.title = title;
  } else if (!track.is_title_given && report.file_name && track.title == kUntitled) {
    track.title = title_of_file(*report.file_name);
  }
  if (!artist.empty()) track.artist = artist;
  if (!album.empty()) track.album = album;
  if (!report.cover.empty()) track.cover = report.cover;
  return track.title != before.title || track.artist != before.artist ||
         track.album != before.album || track.cover != before.cover;
}

std::optional<double> gain_of(const ImportProgress& report) {
  if (!report.loudness_lufs || !report.true_peak_db) return std::nullopt;
  return studio::normalisation_gain_db(*report.loudness_lufs, *report.true_peak_db);
}

/// How long it will be, what it is called and how loud it is so far is known long before it is
/// ready.
void take_unfinished(Desk& desk, studio::Track track, const ImportProgress& report) {
  ImportState& import = desk.core.imports[track.id];
  import.progress = report.progress;
  import.is_playable = report.is_playable;
  const auto gain = gain_of(report);
  const bool has_new_gain = gain && std::abs(*gain - track.gain_db) >= kGainStepDb;
  if (has_new_gain) track.gain_db = *gain;
  const bool has_new_length = report.duration_ms && track.duration_ms != report.duration_ms;
  if (has_new_length) track.duration_ms = report.duration_ms;
  const bool has_new_tags = take_tags(track, report);
  if (!has_new_gain && !has_new_length && !has_new_tags) return;
  Change change = desk.core.change_by_system();
  change.put(track);
  for (const studio::Show& show : shows_for_items(desk.core)) {
    if (find_item(desk.core, show, track.id)) change.desire(show.id);
  }
  desk.core.commit(change);
}

}  // namespace

void take_import_progress(Desk& desk, const ImportProgress& report) {
  auto track = desk.core.find_track(report.track_id);
  if (!track) return;  // deleted meanwhile
  if (report.state == ImportProgress::State::kImporting) {
    return take_unfinished(desk, std::move(*track), report);
  }
  const bool is_ready = report.state == ImportProgress::State::kReady;
  track->status = is_ready ? studio::TrackStatus::kReady : studio::TrackStatus::kFailed;
  track->error = is_ready ? "" : report.error;
  (void)take_tags(*track, report);
  track->content_hash = report.content_hash;
  track->duration_ms = report.duration_ms;
  track->loudness_lufs = report.loudness_lufs;
  track->true_peak_db = report.true_peak_db;
  track->gain_db = gain_of(report).value_or(track->gain_db);
  if (is_ready && merge_with_same_music(desk, *track)) return;
  const auto import = desk.core.imports.find(track->id);
  const bool was_heard = import != desk.core.imports.end() && import->second.is_playable;
  Change change = desk.core.change_by_system();
  // Shows that have it in their queue or on their deck learn its length and gain, or its failure;
  // so do those that came to the end of what there was of it. Many shows are told in steps; the
  // last one, with the track, makes it so: until then the import counts as under way, and comes
  // again after a restart.
  std::vector<std::pair<studio::ShowId, studio::QueueItem>> users;
  for (const studio::Show& show : shows_for_items(desk.core)) {
    const LiveShow* live = desk.board.find(show.id);
    const bool has_left = live != nullptr && live->left_unready.contains(track->id);
    const auto item = find_item(desk.core, show, track->id);
    if (!item && !has_left) continue;
    if (item) users.emplace_back(show.id, *item);
    json::object data{{"trackId", track->id.str()}, {"title", track->title}};
    if (!is_ready) data["error"] = track->error;
    desk.core.commit_step(change, kActionsOfTelling);
    change.event(show.id, is_ready ? "track_ready" : "track_failed", std::move(data));
    if (!is_ready && !was_heard) prepare_played_in_vain(desk.core, show.id, *track, change);
  }
  for (const auto& [show, item] : users) change.desire(show);
  const bool is_forgotten = !is_ready && !is_for_a_deck_still(desk.core, desk.board, *track) &&
                            prepare_forget_failed(desk.core, *track, change);
  if (!is_forgotten) change.put(*track);
  desk.core.commit(change);
  desk.core.imports.erase(track->id);
  if (is_ready) return;
  for (const auto& user : users) {
    desk.core.contained(user.first.str(),
                        [&] { skip_unheard(desk.core, desk.board, user.first, user.second); });
  }
}

}  // namespace shelcaster::control::detail
