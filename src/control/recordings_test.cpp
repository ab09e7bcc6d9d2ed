#include <gmock/gmock.h>

#include "control/problem.hpp"
#include "control/test_world.hpp"

namespace shelcaster::control {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class RecordingsTest : public testing::Test, public TestWorld {
 protected:
  RecordingsTest() {
    config.has_recording = true;
    config.has_flac_recording = false;
    config.recording_reserve_mib = 2'048;
    config.recording_reserve_mib_min = 528;
    config.recording_days = 30;
    restart();
    show_ = make_live_show();
    Recording old;
    old.id = "rec-1000";
    old.started_at = base::WallTime::from_unix_ms(1'000);
    old.duration_ms = 5'000;
    old.bytes = 120;
    old.marks = 2;
    old.files = {{"programme.aac", 100}, {"marks.jsonl", 20}};
    Recording open = old;
    open.id = "rec-9000";
    open.is_open = true;
    recordings.of_show[show_] = {open, old};
  }
  std::string path(const std::string& more = "") const {
    return "/shows/" + show_ + "/recordings" + more;
  }
  std::string log() { return call("GET", "/shows/" + show_ + "/events").body; }
  json::object list() { return TestWorld::json(call("GET", path())); }
  /// The path of a link of the list, as a browser asks for it: without a header.
  Response follow(std::string url) {
    return call("GET", url.substr(std::string("http://radio.test").size()), "", "");
  }
  std::string link_of(std::size_t recording, std::size_t file) {
    return text(list().at("recordings").at(recording).at("files").at(file).as_object(), "url");
  }
  void report(const std::string& problem) {
    from_keeper(show_, {{"type", "status"},
                        {"state", "RUNNING"},
                        {"mix", {{"state", "RUNNING"}}},
                        {"publish",
                         {{"state", "RUNNING"},
                          {"outputs",
                           {{{"id", "recording"},
                             {"state", problem.empty() ? "live" : "retrying"},
                             {"problem", problem},
                             {"detail", problem.empty() ? "" : "the disk is full"}}}}}}});
  }

  std::string show_;
};

TEST_F(RecordingsTest, AreWantedOfEveryShow) {
  const json::object desired = stages.last("desired");
  const json::object output = desired.at("outputs").as_array().back().as_object();
  EXPECT_EQ(output.at("id"), "recording");
  EXPECT_EQ(output.at("kind"), "recording");
  EXPECT_EQ(output.at("recording").at("flac"), false);
  EXPECT_EQ(output.at("recording").at("reserveMib"), 2'048);
  EXPECT_EQ(output.at("recording").at("reserveMibMin"), 528);
  // The other outputs stand before it, as a publisher of an earlier version needs it.
  call("PUT", "/shows/" + show_ + "/outputs/rtmp", R"({"url":"rtmp://ingest.example.org/a/k"})");
  const json::array outputs = stages.last("desired").at("outputs").as_array();
  ASSERT_EQ(outputs.size(), 2U);
  EXPECT_EQ(outputs[0].at("id"), "rtmp");
  config.has_recording = false;
  restart();
  connect(show_);
  report_running(show_);
  EXPECT_EQ(stages.last("desired").at("outputs").as_array().size(), 1U);
}

TEST_F(RecordingsTest, AreListedWithLinksThatABrowserCanFollow) {
  const json::object answer = list();
  EXPECT_EQ(answer.at("isEnabled"), true);
  EXPECT_TRUE(answer.at("problem").is_null());
  const json::array all = answer.at("recordings").as_array();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].at("isOpen"), true);
  EXPECT_EQ(all[1].at("durationMs"), 5'000);
  EXPECT_EQ(all[1].at("marks"), 2);
  EXPECT_EQ(all[1].at("files").as_array().size(), 2U);
  const Response file = follow(link_of(1, 0));
  EXPECT_EQ(file.status, 200);
  EXPECT_EQ(file.file, show_ + "/rec-1000/programme.aac");
  EXPECT_EQ(header_of(file.headers, "Content-Disposition"),
            "attachment; filename=\"T 1970-01-01 00-00 UTC.aac\"; "
            "filename*=UTF-8''T%201970-01-01%2000-00%20UTC.aac");
}

TEST_F(RecordingsTest, LinksAreGoodForTheShowsRecordingsAndForAnHourOnly) {
  const std::string url = link_of(1, 0);
  const std::string token = url.substr(url.find("token=") + 6);
  EXPECT_EQ(call("GET", path("/rec-9000/marks.jsonl"), "", token).status, 200);
  EXPECT_EQ(call("GET", path(), "", token).status, 403);
  EXPECT_EQ(call("DELETE", path("/rec-1000"), "", token).status, 403);
  EXPECT_EQ(call("GET", "/shows/" + show_, "", token).status, 403);
  EXPECT_EQ(call("GET", "/shows/" + show_ + "/me", "", token).status, 403);
  EXPECT_EQ(call("GET", "/shows/" + show_ + "/events", "", token).status, 403);
  EXPECT_EQ(call("GET", "/tracks", "", token).status, 403);
  const std::string other = make_show();
  recordings.of_show[other] = recordings.of_show[show_];
  EXPECT_EQ(call("GET", "/shows/" + other + "/recordings/rec-1000/programme.aac", "", token).status,
            403);
  clock.elapsed += 59min;
  EXPECT_EQ(follow(url).status, 200);
  clock.elapsed += 2min;
  EXPECT_EQ(follow(url).status, 401);
}

TEST_F(RecordingsTest, AreForTheShowsHostsOnly) {
  const auto [id, caller] = join(show_, "Ada");
  for (const std::string& token : {caller, std::string()}) {
    EXPECT_EQ(call("GET", path(), "", token).status, token.empty() ? 401 : 403);
    EXPECT_EQ(call("GET", path("/rec-1000/programme.aac"), "", token).status,
              token.empty() ? 401 : 403);
    EXPECT_EQ(call("DELETE", path("/rec-1000"), "", token).status, token.empty() ? 401 : 403);
  }
  const std::string host =
      text(TestWorld::json(call("GET", "/shows/" + show_ + "/links")), "hostToken");
  EXPECT_EQ(call("GET", path(), "", host).status, 200);
  EXPECT_EQ(call("GET", path("/rec-1000/programme.aac"), "", host).status, 200);
}

TEST_F(RecordingsTest, GiveOutNothingButTheirOwnFiles) {
  for (const char* wanted :
       {"/rec-1000/state", "/rec-1000/programme.flac", "/rec-1000/..%2Fstate", "/rec-1000/%2e%2e",
        "/rec-2/programme.aac", "/..%2frec-1000/programme.aac", "/%2e%2e/programme.aac",
        "/rec-1000/programme.aac%00"}) {
    const Response refused = call("GET", path(wanted));
    EXPECT_EQ(refused.status, 404) << wanted;
    EXPECT_EQ(refused.file, "") << wanted;
  }
}

TEST_F(RecordingsTest, AreDeletedForGoodButNotWhileTheyAreWritten) {
  EXPECT_EQ(call("DELETE", path("/rec-9000")).status, 409);
  EXPECT_EQ(call("DELETE", path("/rec-1000")).status, 204);
  EXPECT_EQ(call("DELETE", path("/rec-1000")).status, 404);
  EXPECT_EQ(list().at("recordings").as_array().size(), 1U);
  EXPECT_THAT(log(), HasSubstr("recording_deleted"));
}

TEST_F(RecordingsTest, AreInTheLogAsDeletedWhenTheyAre) {
  recordings.disk_error = "recording rec-1000 can't be removed from the disk: it is read-only";
  const Response refused = call("DELETE", path("/rec-1000"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_THAT(refused.body, HasSubstr("it is read-only"));
  EXPECT_THAT(log(), Not(HasSubstr("recording_deleted")));
  recordings.disk_error.clear();
  recordings.is_slow = true;
  EXPECT_EQ(call("DELETE", path("/rec-1000")).status, 0) << "the disk is busy";
  const auto waiting = later;
  EXPECT_THAT(log(), Not(HasSubstr("recording_deleted")));
  recordings.catch_up();
  EXPECT_EQ(waiting->status, 204);
  EXPECT_THAT(log(), HasSubstr("recording_deleted"));
}

TEST_F(RecordingsTest, HoldUpNobodyElseWhileTheirDiskIsSlow) {
  recordings.is_slow = true;
  EXPECT_EQ(call("GET", path()).status, 0);
  const auto waiting = later;
  EXPECT_EQ(call("HEAD", path()).status, 0);
  const auto head = later;
  EXPECT_EQ(call("GET", "/shows/" + show_).status, 200);
  recordings.catch_up();
  EXPECT_EQ(waiting->status, 200);
  EXPECT_EQ(TestWorld::json(*waiting).at("recordings").as_array().size(), 2U);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->body, "");
  recordings.disk_error = "the disk of the recordings doesn't answer";
  recordings.is_slow = false;
  EXPECT_EQ(call("GET", path()).status, 503);
  EXPECT_EQ(call("GET", path("/rec-1000/programme.aac")).status, 503);
}

TEST_F(RecordingsTest, ComeInPages) {
  auto& all = recordings.of_show[show_];
  all.clear();
  for (std::int64_t ms = 700; ms > 0; --ms) {
    Recording one;
    one.id = "rec-" + std::to_string(ms);
    one.started_at = base::WallTime::from_unix_ms(ms);
    one.files = {
        {"programme.flac", 1}, {"programme.aac", 1}, {"programme.cue", 1}, {"marks.jsonl", 1}};
    all.push_back(one);
  }
  std::int64_t next_ms = 700;
  int pages = 0;
  for (std::string at = path("?limit=200"); !at.empty(); ++pages) {
    const Response page = call("GET", at);
    ASSERT_EQ(page.status, 200);
    EXPECT_LE(page.body.size(), std::size_t{130} * 1024);
    const json::object body = TestWorld::json(page);
    for (const json::value& one : body.at("recordings").as_array()) {
      EXPECT_EQ(one.at("startedAt"), next_ms--);
    }
    EXPECT_EQ(body.at("nextToGo"), "rec-1") << "of all, not of the page";
    const std::string link(header_of(page.headers, "Link"));
    at = link.empty() ? "" : link.substr(1, link.find('>') - 1);
  }
  EXPECT_EQ(next_ms, 0);
  EXPECT_GE(pages, 4);
  EXPECT_EQ(call("GET", path("?limit=0")).status, 422);
  EXPECT_EQ(call("GET", path("?after=x")).status, 422);
}

TEST_F(RecordingsTest, SayHowMuchTheyMayTakeAndWhichGoesNext) {
  const json::object answer = list();
  EXPECT_EQ(answer.at("bytes"), 120) << "the one that is being written doesn't count";
  EXPECT_EQ(answer.at("bytesMax"), 1'000);
  EXPECT_EQ(answer.at("nextToGo"), "rec-1000");
  recordings.of_show[show_].pop_back();
  EXPECT_TRUE(list().at("nextToGo").is_null());
}

TEST_F(RecordingsTest, AreInTheLogWhenALimitTakesThem) {
  api->handle_recording_end(studio::ShowId(show_), "rec-1000", RecordingEnd::kTooMuch);
  const json::object events = TestWorld::json(call("GET", "/shows/" + show_ + "/events"));
  const json::object last = events.at("events").as_array().back().as_object();
  EXPECT_EQ(last.at("kind"), "recording_removed");
  EXPECT_EQ(last.at("actor"), "system");
  EXPECT_EQ(last.at("data").at("recordingId"), "rec-1000");
  EXPECT_EQ(last.at("data").at("reason"), "too_much");
  // Whose show was deleted a moment ago.
  api->handle_recording_end(studio::ShowId("show-gone"), "rec-1", RecordingEnd::kTooOld);
}

TEST_F(RecordingsTest, SayWhyNothingIsRecordedAndAlertSomebody) {
  for (int i = 0; i < 40; ++i) {
    report("disk_full");
    pass(1s);
  }
  EXPECT_EQ(list().at("problem"), "the disk is full");
  ASSERT_EQ(alarms.told.size(), 1U);
  EXPECT_EQ(alarms.told[0].kind, "output_down");
  EXPECT_EQ(alarms.told[0].output_id, "recording");
  for (int i = 0; i < 40; ++i) {
    report("");
    pass(1s);
  }
  EXPECT_TRUE(list().at("problem").is_null());
  EXPECT_EQ(alarms.told.size(), 2U);
}

TEST_F(RecordingsTest, OfAPublisherOfAnEarlierVersionAreNoReasonForAnAlert) {
  for (int i = 0; i < 40; ++i) {
    report("address");
    pass(1s);
  }
  EXPECT_TRUE(list().at("problem").is_null());
  EXPECT_TRUE(alarms.told.empty());
}

}  // namespace
}  // namespace shelcaster::control
