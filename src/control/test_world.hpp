#pragma once

#include <algorithm>
#include <boost/json.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/api.hpp"
#include "link/messages.hpp"
#include "store/memory_store.hpp"
#include "store/patient_store.hpp"

// An Api over fakes, with a clock that tests move: for unit tests and fuzzers.
namespace shelcaster::control {

class FakeClock final : public Clock {
 public:
  [[nodiscard]] base::Instant now() const override {
    return base::Instant::from_nanoseconds(1'000'000'000) + elapsed;
  }
  [[nodiscard]] base::WallTime wall() const override {
    return base::WallTime::from_unix_ms(1'763'760'000'000 + elapsed.count() / 1'000'000);
  }
  base::Duration elapsed{0};
};

class FakeStages final : public Stages {
 public:
  base::Result<void> launch(const LaunchStage& stage) override {
    if (!launch_error.empty()) return base::fail(launch_error);
    launched.push_back(stage.show_id.str());
    resumed.push_back(stage.is_resumed);
    return {};
  }
  bool find(const studio::ShowId& show) override { return !gone.contains(show.str()); }
  void kill(const studio::ShowId& show) override { killed.push_back(show.str()); }
  bool send(const studio::ShowId& show, const link::ServeToKeeper& message) override {
    if (!connected.contains(show.str())) return false;
    sent.push_back(link::to_json(message));
    return true;
  }
  bool send_offer(const studio::ShowId& show, const link::ServeToKeeper& message) override {
    return !is_lane_full && send(show, message);
  }
  /// The last message of that type; an empty object when there is none.
  [[nodiscard]] boost::json::object last(std::string_view type) const {
    for (auto at = sent.rbegin(); at != sent.rend(); ++at) {
      if (at->at("type").as_string() == type) return *at;
    }
    return {};
  }
  [[nodiscard]] int count(std::string_view type) const {
    int count = 0;
    for (const auto& message : sent) count += message.at("type").as_string() == type ? 1 : 0;
    return count;
  }
  bool is_lane_full = false;
  std::string launch_error;
  std::set<std::string> connected;
  std::set<std::string> gone;  // whose keepers have ended
  std::vector<bool> resumed;   // of each launch
  std::vector<std::string> launched, killed;
  std::vector<boost::json::object> sent;
};

class FakeMedia final : public Media {
 public:
  void start_import(const ImportJob& job) override { jobs.push_back(job); }
  void set_wanted(const studio::TrackId& id, Wanted by_decks) override {
    wanted[id.str()] = by_decks;
  }
  void cancel_import(const studio::TrackId& id) override { cancelled.push_back(id.str()); }
  [[nodiscard]] std::optional<std::string> upload_name(const std::filesystem::path&,
                                                       std::string_view content_type) override {
    return content_type.starts_with("multipart/form-data") ? upload_named : std::nullopt;
  }
  std::filesystem::path keep_upload(const studio::TrackId& id, std::string_view,
                                    const std::filesystem::path& file) override {
    kept[id] = file;
    return file;
  }
  [[nodiscard]] std::optional<std::filesystem::path> kept_upload(
      const studio::TrackId& id) const override {
    const auto found = kept.find(id);
    return found == kept.end() ? std::nullopt : std::optional(found->second);
  }
  void drop_lost_uploads() override { ++drops; }
  [[nodiscard]] std::filesystem::path ready_path(const studio::TrackId& id) const override {
    return "/media/" + id.str() + ".wav";
  }
  void remove(const studio::TrackId& id) override { removed.push_back(id.str()); }
  void remove_cover(const std::string& name) override { removed_covers.push_back(name); }
  [[nodiscard]] base::Result<void> room_for_upload(std::string_view owner,
                                                   std::uint64_t bytes) const override {
    room_asked.emplace_back(owner, bytes);
    return no_room.empty() ? base::Result<void>() : base::fail(no_room);
  }
  std::vector<ImportJob> jobs;
  std::vector<std::string> removed, cancelled, removed_covers;
  std::map<studio::TrackId, std::filesystem::path> kept;
  int drops = 0;
  std::string no_room;
  mutable std::vector<std::pair<std::string, std::uint64_t>> room_asked;
  std::map<std::string, Wanted> wanted;
  std::optional<std::string> upload_named;
};

class FakeViewers final : public ViewerCounts {
 public:
  [[nodiscard]] std::int64_t viewers(const studio::ShowId&) const override { return count; }
  std::int64_t count = 3;
};

class FakeProcesses final : public Processes {
 public:
  static constexpr std::int64_t kPrivatePid = 405;  // its memory is told by nobody but itself
  [[nodiscard]] std::optional<ProcessUse> use(std::int64_t pid) const override {
    if (pid == 404) return std::nullopt;
    if (pid == kPrivatePid) return ProcessUse{1.5, std::nullopt};
    return ProcessUse{1.5, 1024 * pid};
  }
};

/// Answers at once, unless a test has it wait.
class FakeRecordings final : public Recordings {
 public:
  void list(const studio::ShowId& show, const RecordingQuery& query,
            Tell<RecordingPage> tell) override {
    RecordingPage page;
    page.closed_bytes_max = closed_bytes_max;
    for (const Recording& one : of_show[show.str()]) {
      if (!one.is_open) {
        page.closed_bytes += static_cast<std::uint64_t>(one.bytes);
        page.next_to_go = one.id;
      }
      if (query.before && one.started_at >= *query.before) continue;
      page.has_more = page.recordings.size() == query.limit;
      if (!page.has_more) page.recordings.push_back(one);
    }
    answer([tell, page] { tell(page); }, tell);
  }
  void find(const studio::ShowId& show, std::string_view id,
            Tell<std::optional<Recording>> tell) override {
    std::optional<Recording> found;
    for (const Recording& one : of_show[show.str()]) {
      if (one.id == id) found = one;
    }
    answer([tell, found] { tell(found); }, tell);
  }
  void remove(const studio::ShowId& show, std::string_view id,
              Tell<RecordingRemoval> tell) override {
    auto& all = of_show[show.str()];
    const auto found =
        std::find_if(all.begin(), all.end(), [id](const Recording& one) { return one.id == id; });
    const auto removal = found == all.end() ? RecordingRemoval::kUnknown
                         : found->is_open   ? RecordingRemoval::kOpen
                                            : RecordingRemoval::kDone;
    if (removal == RecordingRemoval::kDone && disk_error.empty()) all.erase(found);
    answer([tell, removal] { tell(removal); }, tell);
  }
  /// What has waited is told.
  void catch_up() {
    for (const auto& tell : std::exchange(waiting, {})) tell();
  }
  std::map<std::string, std::vector<Recording>> of_show;
  std::uint64_t closed_bytes_max = 1'000;
  std::string disk_error;  // of everything that is asked
  bool is_slow = false;
  std::vector<std::function<void()>> waiting;

 private:
  template <typename Answer>
  void answer(std::function<void()> told, const Tell<Answer>& tell) {
    if (!disk_error.empty()) told = [tell, error = disk_error] { tell(base::fail(error)); };
    if (is_slow) return waiting.push_back(std::move(told));
    told();
  }
};

class FakeShowFiles final : public ShowFiles {
 public:
  bool remove(const studio::ShowId& show) override {
    if (const auto left = steps.find(show.str()); left != steps.end() && left->second-- > 0) {
      return false;
    }
    removed.push_back(show.str());
    return true;
  }
  std::map<std::string, int> steps;  // of a show, until its files have gone; otherwise at once
  std::vector<std::string> removed;
};

class FakeAlarms final : public Alarms {
 public:
  void tell(const Alarm& alarm) override { told.push_back(alarm); }
  [[nodiscard]] AlarmCounts counts() const override { return {told.size(), 0, 0}; }
  std::vector<Alarm> told;
};

class FakeSink final : public EventSink {
 public:
  void send(std::shared_ptr<const std::string> text, bool droppable) override {
    frames.push_back(boost::json::parse(*text).as_object());
    if (droppable) ++droppable_count;
    if (!reads) waiting += text->size();
  }
  [[nodiscard]] std::size_t waiting_bytes() const override { return waiting; }
  void close(int code, std::string_view) override { closed_with = code; }
  [[nodiscard]] int count(std::string_view type) const {
    int count = 0;
    for (const auto& frame : frames) count += frame.at("type").as_string() == type ? 1 : 0;
    return count;
  }
  std::vector<boost::json::object> frames;
  int droppable_count = 0;
  bool reads = true;
  std::size_t waiting = 0;
  int closed_with = 0;
};

class TestWorld {
 public:
  explicit TestWorld(ApiConfig changed = {}) : config(std::move(changed)) {
    config.admin_token = "admin-secret";
    config.token_key = std::string(32, 'k');
    restart();
  }
  virtual ~TestWorld() = default;
  TestWorld(const TestWorld&) = delete;
  TestWorld& operator=(const TestWorld&) = delete;

  // Where all that comes in goes: to the Api, unless a test has something else in its place.
  virtual void handle(Request r, Respond respond) { api->handle(std::move(r), std::move(respond)); }
  virtual void handle_link(const studio::ShowId& show, const link::KeeperToServe& message) {
    api->handle_link(show, message);
  }
  virtual void handle_tick() { api->handle_tick(); }

  /// A new Api on the same store, as after a crash of serve.
  void restart() {
    api = std::make_unique<Api>(config, ApiPorts{*used_store, stages, media, viewers, processes,
                                                 alarms, recordings, show_files, clock, random});
    api->recover();
  }

  static Request request(std::string method, std::string target, std::string body = "",
                         std::string token = "admin-secret") {
    Request r;
    r.method = std::move(method);
    const std::size_t query = target.find('?');
    r.target_path = target.substr(0, query);
    if (query != std::string::npos) r.query = target.substr(query + 1);
    r.body = std::move(body);
    r.remote_address = "192.0.2.1";
    r.base_url = "http://radio.test";
    if (!token.empty()) r.headers.emplace_back("Authorization", "Bearer " + token);
    if (!r.body.empty()) r.headers.emplace_back("Content-Type", "application/json");
    return r;
  }
  /// The response; status 0 when the handler keeps it for later (then it lands in `later`).
  Response send(Request r) {
    auto slot = std::make_shared<Response>();
    slot->status = 0;
    handle(std::move(r), [slot](Response response) { *slot = std::move(response); });
    later = slot;
    return *slot;
  }
  Response call(std::string method, std::string target, std::string body = "",
                std::string token = "admin-secret") {
    return send(request(std::move(method), std::move(target), std::move(body), std::move(token)));
  }
  static boost::json::object json(const Response& response) {
    return boost::json::parse(response.body).as_object();
  }
  static std::string text(const boost::json::object& object, std::string_view name) {
    return std::string(object.at(name).as_string());
  }

  std::string make_show() {
    return text(json(call("POST", "/shows", R"({"title":"T"})")), "showId");
  }
  /// A show whose keeper has said hello and that both children run: LIVE.
  std::string make_live_show() {
    const std::string id = make_show();
    call("POST", "/shows/" + id + "/start");
    connect(id);
    report_running(id);
    return id;
  }
  void connect(const std::string& id) {
    stages.connected.insert(id);
    from_keeper(
        id,
        {{"type", "hello"}, {"showId", id}, {"pid", 7}, {"desiredVersion", 0}, {"epochUnixMs", 0}});
  }
  void report_running(const std::string& id) {
    from_keeper(id, {{"type", "status"},
                     {"state", "RUNNING"},
                     {"mix", {{"state", "RUNNING"}}},
                     {"publish", {{"state", "RUNNING"}}}});
  }
  /// As it comes by the link, where what can't be used is left out.
  void from_keeper(const std::string& id, const boost::json::object& message) {
    const auto parsed = link::parse<link::KeeperToServe>(message);
    if (parsed && *parsed) handle_link(studio::ShowId(id), **parsed);
  }
  std::string status_of(const std::string& id) {
    return text(json(call("GET", "/shows/" + id)), "status");
  }
  std::pair<std::string, std::string> join(const std::string& id, const std::string& name) {
    const std::string invitation =
        text(json(call("GET", "/shows/" + id + "/links")), "callerToken");
    const auto seat =
        json(call("POST", "/shows/" + id + "/join", R"({"username":")" + name + "\"}", invitation));
    return {text(seat, "participantId"), text(seat, "token")};
  }
  /// Their first offer, with which they get a place in the mixer.
  void sit_down(const std::string& id, const std::string& token) {
    Request offer = request("POST", "/whip/" + id, "v=0\r\n", token);
    offer.headers.back() = {"Content-Type", "application/sdp"};
    send(std::move(offer));
  }
  void pass(base::Duration time) {
    for (base::Duration done{0}; done < time; done += std::chrono::milliseconds(250)) {
      clock.elapsed += std::chrono::milliseconds(250);
      handle_tick();
    }
  }

  ApiConfig config;
  store::MemoryStore store;
  store::PatientStore patient_store{store};
  store::Store* used_store = &store;  // at the next restart()
  FakeStages stages;
  FakeMedia media;
  FakeViewers viewers;
  FakeProcesses processes;
  FakeAlarms alarms;
  FakeRecordings recordings;
  FakeShowFiles show_files;
  FakeClock clock;
  base::SeededRandom random{1};
  std::unique_ptr<Api> api;
  std::shared_ptr<Response> later;
};

}  // namespace shelcaster::control
