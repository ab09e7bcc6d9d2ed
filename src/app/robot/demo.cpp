#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>
#include <string>
#include <thread>

#include "app/robot/api_client.hpp"
#include "app/robot/robot_hall.hpp"
#include "app/robot/robot_role.hpp"
#include "app/robot/stop_signal.hpp"
#include "app/robot/wav_clip.hpp"
#include "runtime/system_clock.hpp"

namespace shelcaster::app {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kMusicSeconds = 120;
constexpr int kTracks = 2;
constexpr base::Duration kServerTimeout = seconds(30);
constexpr base::Duration kLiveTimeout = seconds(30);
constexpr base::Duration kImportTimeout = seconds(60);

void say(std::string_view text) {
  fmt::print("{}\n", text);
  std::fflush(stdout);
}

std::string text_of(const json::value& value, std::string_view key) {
  const json::value* found = value.is_object() ? value.get_object().if_contains(key) : nullptr;
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

struct Links {
  std::string studio, join, listen;
};

/// One demonstration against one server. Every step is a call of the public API.
class Demo {
 public:
  explicit Demo(const DemoOptions& options)
      : options_(options), api_(options.server, options.admin_token) {}

  base::Result<void> prepare() {
    if (auto done = wait_for_server(); !done) return done;
    if (auto done = find_or_make_show(); !done) return done;
    if (auto done = start_show(); !done) return done;
    return read_links();
  }

  void print_links() const {
    say("");
    say(fmt::format("  Studio  {}", links_.studio));
    say(fmt::format("  Join    {}", links_.join));
    say(fmt::format("  Listen  {}", links_.listen));
    say("");
  }

  base::Result<void> bring_robots(RobotHall& hall) {
    if (auto done = invite(hall, "host-tokens", "Robin (robot host)", 1, false); !done) return done;
    if (auto done = invite(hall, "caller-tokens", "Ada (robot caller)", 2, true); !done)
      return done;
    return invite(hall, "caller-tokens", "Ben (robot caller)", 3, false);
  }

  base::Result<void> play_music() {
    for (int i = 0; i < kTracks; ++i) {
      say(fmt::format("Making music, track {} of {} …", i + 1, kTracks));
      const std::string wav = make_music_wav(static_cast<std::uint64_t>(41 + i), kMusicSeconds);
      const auto reply = api_.request(
          "POST", fmt::format("/tracks?title=Generated%20music%20{}", i + 1), "audio/wav", wav);
      if (!reply) return tl::unexpected(reply.error());
      if (reply->status / 100 != 2) {
        return base::fail(fmt::format("upload: HTTP status {}", reply->status));
      }
      track_ids_.push_back(text_of(json::parse(reply->body), "trackId"));
    }
    for (const std::string& track : track_ids_) {
      const auto ready = wait_for("the import", kImportTimeout, [&] {
        const auto reply = api_.call("GET", "/tracks/" + track);
        return reply && text_of(*reply, "status") == "READY";
      });
      if (!ready) return ready;
    }
    if (auto done = refill_queue(); !done) return done;
    const json::object play{{"command", "PLAY"}};
    const auto played = api_.call("POST", path("/deck/commands"), &play);
    if (!played) return tl::unexpected(played.error());
    return {};
  }

  /// Called once in a while: the music never ends.
  void tend_queue() {
    const auto queue = api_.call("GET", path("/queue"));
    if (!queue || !queue->is_object()) return;
    const json::value* items = queue->get_object().if_contains("items");
    if (items != nullptr && items->is_array() && items->get_array().size() < 2) {
      (void)refill_queue();
    }
  }

 private:
  [[nodiscard]] std::string path(std::string_view below) const {
    return fmt::format("/shows/{}{}", show_id_, below);
  }

  template <typename Condition>
  base::Result<void> wait_for(std::string_view what, base::Duration timeout, Condition condition) {
    const base::Instant until = runtime::SystemClock::now() + timeout;
    while (!condition()) {
      if (stop_was_asked()) return base::fail("stopped");
      if (runtime::SystemClock::now() > until) {
        return base::fail(fmt::format("{} did not get ready within {} s", what,
                                      std::chrono::duration_cast<seconds>(timeout).count()));
      }
      std::this_thread::sleep_for(milliseconds(100));
    }
    return {};
  }

  /// It may just be starting. What it says of the token is its last word.
  base::Result<void> wait_for_server() {
    std::string last;
    bool is_token_refused = false;
    const auto is_answering = [&] {
      const auto reply = api_.request("GET", "/shows", "", "");
      last = reply ? fmt::format("it answers with the status {}", reply->status)
                   : reply.error().message;
      is_token_refused = reply && (reply->status == 401 || reply->status == 403);
      return is_token_refused || (reply && reply->status == 200);
    };
    const auto answers = wait_for("the server", kServerTimeout, is_answering);
    if (is_token_refused) {
      return base::fail(fmt::format(
          "{} doesn't take this admin token: give the one that is in the file admin-token of its "
          "data folder, or that it was started with",
          options_.server.url));
    }
    if (answers) return {};
    return base::fail(
        fmt::format("{} ({}: {})", answers.error().message, options_.server.url, last));
  }

  base::Result<void> find_or_make_show() {
    const auto shows = api_.call("GET", "/shows");
    if (!shows) return tl::unexpected(shows.error());
    if (const auto* list = shows->is_object() ? shows->get_object().if_contains("shows") : nullptr;
        list != nullptr && list->is_array()) {
      for (const json::value& show : list->get_array()) {
        if (text_of(show, "title") != options_.title) continue;
        show_id_ = text_of(show, "showId");
        is_live_ = text_of(show, "status") == "LIVE";
        return {};
      }
    }
    const json::object body{{"title", options_.title}};
    const auto made = api_.call("POST", "/shows", &body);
    if (!made) return tl::unexpected(made.error());
    show_id_ = text_of(*made, "showId");
    return {};
  }

  base::Result<void> start_show() {
    if (is_live_) return {};
    say("Starting the show …");
    const auto started = api_.call("POST", path("/start"));
    if (!started) return tl::unexpected(started.error());
    return wait_for("the show", kLiveTimeout, [&] {
      const auto status = api_.call("GET", path("/status"));
      return status && text_of(*status, "status") == "LIVE";
    });
  }

  base::Result<void> read_links() {
    const auto links = api_.call("GET", path("/links"));
    if (!links) return tl::unexpected(links.error());
    links_ = {.studio = text_of(*links, "studioUrl"),
              .join = text_of(*links, "joinUrl"),
              .listen = text_of(*links, "listenUrl")};
    return {};
  }

  base::Result<void> invite(RobotHall& hall, std::string_view endpoint, std::string_view name,
                            std::uint64_t seed, bool is_on_air) {
    const json::object body{{"username", name}};
    const auto invited = api_.call("POST", path(fmt::format("/{}", endpoint)), &body);
    if (!invited) return tl::unexpected(invited.error());
    auto voice = Voice::parse("speech", seed);
    if (!voice) return tl::unexpected(voice.error());
    auto added = hall.add({.name = std::string(name),
                           .server = options_.server,
                           .show_id = show_id_,
                           .token = text_of(*invited, "token"),
                           .voice = *std::move(voice)});
    if (!added || !is_on_air) return added;
    const json::object on_air{{"isOnAir", true}};
    const auto toggled = api_.call(
        "POST",
        path(fmt::format("/participants/{}/toggle-on-air", text_of(*invited, "participantId"))),
        &on_air);
    if (!toggled) return tl::unexpected(toggled.error());
    return {};
  }

  base::Result<void> refill_queue() {
    for (const std::string& track : track_ids_) {
      const json::object body{{"trackId", track}};
      const auto queued = api_.call("POST", path("/queue"), &body);
      if (!queued) return tl::unexpected(queued.error());
    }
    return {};
  }

  DemoOptions options_;
  ApiClient api_;
  std::string show_id_;
  bool is_live_ = false;
  Links links_;
  std::vector<std::string> track_ids_;
};

int complain(const base::Error& error) {
  fmt::print(stderr, "demo: {}\n", error.message);
  return 1;
}

}  // namespace

int run_demo(const DemoOptions& options) {
  catch_stop_signals();
  Demo demo(options);
  if (const auto done = demo.prepare(); !done) return complain(done.error());
  if (!options.has_robots) {
    demo.print_links();
    return 0;
  }
  RobotHall hall;
  if (const auto done = demo.bring_robots(hall); !done) return complain(done.error());
  if (const auto done = demo.play_music(); !done) return complain(done.error());
  demo.print_links();
  say("A robot host and two robot callers are in the show; one caller is on the air.");
  int seconds_run = 0;
  hall.run(stop_was_asked, [&](const std::vector<RobotReport>&) {
    constexpr int kTendEverySeconds = 10;
    if (++seconds_run % kTendEverySeconds == 0) demo.tend_queue();
  });
  return 0;
}

}  // namespace shelcaster::app
