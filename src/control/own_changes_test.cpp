#include <gtest/gtest.h>

#include <string>

#include "control/test_world.hpp"

// What callers can write again and again of themselves, and what that leaves of a show's log.
namespace shelcaster::control {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

class OwnChangesTest : public testing::Test, public TestWorld {
 protected:
  OwnChangesTest() : show(make_live_show()) {}

  std::uint64_t rows() { return store.event_range(show)->last; }
  Request from(Request r, const std::string& address) {
    r.remote_address = address;
    return r;
  }
  Request leave(const std::pair<std::string, std::string>& who) {
    return request("POST", "/shows/" + show + "/participants/" + who.first + "/leave", "",
                   who.second);
  }
  Request offer(const std::string& token) {
    Request r = request("POST", "/whip/" + show, "v=0\r\n", token);
    r.headers.back() = {"Content-Type", "application/sdp"};
    return r;
  }
  Request mute(const std::string& token, bool is_muted) {
    return request("PATCH", "/shows/" + show + "/me",
                   is_muted ? R"({"selfMuted":true})" : R"({"selfMuted":false})", token);
  }
  std::int64_t version_of(const std::string& person) {
    const auto stored = *store.get({store::Collection::kParticipants, show, person});
    return stored ? stored->version : 0;
  }

  std::string show;
};

TEST_F(OwnChangesTest, LeavingOnceMoreChangesNothing) {
  const auto ada = join(show, "Ada");
  send(offer(ada.second));
  EXPECT_EQ(send(leave(ada)).status, 200);
  const std::uint64_t before = rows();
  const std::int64_t version = version_of(ada.first);
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(send(leave(ada)).status, 200);
  EXPECT_EQ(rows(), before);
  EXPECT_EQ(version_of(ada.first), version);
  // Nor for who joined, left and was never here, or is put on the air while they are away.
  const auto eve = join(show, "Eve");
  EXPECT_EQ(send(leave(eve)).status, 200);
  const std::uint64_t after_eve = rows();
  EXPECT_EQ(send(leave(eve)).status, 200);
  EXPECT_EQ(rows(), after_eve);
  call("POST", "/shows/" + show + "/participants/" + eve.first + "/toggle-on-air");
  EXPECT_EQ(send(leave(eve)).status, 200);
  EXPECT_EQ(rows(), after_eve + 3) << "on the air, left, and off it";
}

TEST_F(OwnChangesTest, KeepsFewAnswersOfOneCaller) {
  const auto ada = join(show, "Ada");
  int taken = 0;
  for (int i = 0; i < 500; ++i) {
    Request keyed = leave(ada);
    keyed.headers.emplace_back("Idempotency-Key", "key-" + std::to_string(i));
    taken += send(keyed).status == 200 ? 1 : 0;
    clock.elapsed += 500ms;
  }
  EXPECT_LT(taken, 200) << "each is a write";
  EXPECT_GT(taken, 64);
  EXPECT_LE(store.answers().size(), 64U);
  call("DELETE", "/shows/" + show);
}

TEST_F(OwnChangesTest, AreCountedForAllCallersOfAnAddress) {
  config.joins_per_minute_max = 20;
  restart();
  connect(show);
  report_running(show);
  constexpr int kPeople = 8;
  const std::uint64_t before = rows();
  for (int i = 0; i < kPeople; ++i) {
    const std::string token = join(show, "Eve").second;
    for (int n = 0; n < 30; ++n) {
      send(from(mute(token, n % 2 == 0), "2001:db8::" + std::to_string(n + 1)));
    }
  }
  EXPECT_EQ(rows() - before - kPeople, 80U) << "four for each join that the address has";
  const std::string ada = join(show, "Ada").second;
  EXPECT_EQ(send(from(mute(ada, true), "2001:db8::1")).status, 429);
  EXPECT_EQ(send(from(mute(ada, true), "2001:db8:0:1::1")).status, 200) << "another network";
}

TEST_F(OwnChangesTest, OfConnectingAreFewToTheLogAndAllToTheDesk) {
  const auto ada = join(show, "Ada");
  send(offer(ada.second));
  auto desk = std::make_shared<FakeSink>();
  (void)api->subscribe({studio::ShowId(show), "admin-secret", {}, desk});
  const std::uint64_t before = rows();
  const int seen = desk->count("seat");
  for (int i = 0; i < 500; ++i) {
    from_keeper(show, {{"type", "seat"},
                       {"participantId", ada.first},
                       {"sessionId", "s"},
                       {"connection", "connected"},
                       {"isPublishing", i % 2 == 0}});
  }
  EXPECT_LE(rows() - before, 30U);
  EXPECT_EQ(desk->count("seat") - seen, 500);
  int taken = 0;
  for (int i = 0; i < 200; ++i) {
    send(offer(ada.second));
    taken += later->status == 429 ? 0 : 1;
  }
  EXPECT_EQ(taken, 59) << "and one before";
}

}  // namespace
}  // namespace shelcaster::control
