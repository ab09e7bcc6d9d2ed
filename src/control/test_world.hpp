#pragma once

#include <boost/json.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/api.hpp"
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
  bool send(const studio::ShowId& show, const boost::json::object& message) override {
    if (!connected.contains(show.str())) return false;
    sent.push_back(message);
    return true;
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
  void expedite(const studio::TrackId& id) override { expedited.push_back(id.str()); }
  void cancel_import(const studio::TrackId&) override {}
  [[nodiscard]] std::filesystem::path ready_path(const studio::TrackId& id) const override {
    return "/media/" + id.str() + ".wav";
  }
  void remove(const studio::TrackId& id) override { removed.push_back(id.str()); }
  std::vector<ImportJob> jobs;
  std::vector<std::string> removed, expedited;
};

class FakeViewers final : public ViewerCounts {
 public:
  [[nodiscard]] std::int64_t viewers(const studio::ShowId&) const override { return count; }
  std::int64_t count = 3;
};

class FakeProcesses final : public Processes {
 public:
  [[nodiscard]] std::optional<ProcessUse> use(std::int64_t pid) const override {
    if (pid == 404) return std::nullopt;
    return ProcessUse{1.5, 1024 * pid};
  }
};

class FakeAlarms final : public Alarms {
 public:
  void tell(const Alarm& alarm) override { told.push_back(alarm); }
  [[nodiscard]] AlarmCounts counts() const override { return {told.size(), 0, 0}; }
  std::vector<Alarm> told;
};

class FakeSink final : public EventSink {
 public:
  void send(std::string_view text, bool droppable) override {
    frames.push_back(boost::json::parse(text).as_object());
    if (droppable) ++droppable_count;
  }
  void close(int code, std::string_view) override { closed_with = code; }
  [[nodiscard]] int count(std::string_view type) const {
    int count = 0;
    for (const auto& frame : frames) count += frame.at("type").as_string() == type ? 1 : 0;
    return count;
  }
  std::vector<boost::json::object> frames;
  int droppable_count = 0;
  int closed_with = 0;
};

class TestWorld {
 public:
  explicit TestWorld(ApiConfig changed = {}) : config(std::move(changed)) {
    config.admin_token = "admin-secret";
    config.token_key = std::string(32, 'k');
    restart();
  }

  /// A new Api on the same store, as after a crash of serve.
  void restart() {
    api = std::make_unique<Api>(
        config, ApiPorts{*used_store, stages, media, viewers, processes, alarms, clock, random});
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
    api->handle(std::move(r), [slot](Response response) { *slot = std::move(response); });
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
  void from_keeper(const std::string& id, const boost::json::object& message) {
    api->handle_link(studio::ShowId(id), message);
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
  void pass(base::Duration time) {
    for (base::Duration done{0}; done < time; done += std::chrono::milliseconds(250)) {
      clock.elapsed += std::chrono::milliseconds(250);
      api->handle_tick();
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
  FakeClock clock;
  base::SeededRandom random{1};
  std::unique_ptr<Api> api;
  std::shared_ptr<Response> later;
};

}  // namespace shelcaster::control
