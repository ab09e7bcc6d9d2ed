#include "app/mix/lines/switchboard.hpp"

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <memory>
#include <string>
#include <vector>

#include "runtime/system_random.hpp"

namespace shelcaster::app {
namespace {

using namespace std::chrono_literals;

constexpr base::Instant kNow = base::Instant::from_nanoseconds(1'000'000'000);

std::string offer(const char* direction) {
  std::string fingerprint = "00";
  for (int i = 1; i < 32; ++i) fingerprint += ":00";
  return "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
         "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=ice-ufrag:abcd\r\n"
         "a=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 " +
         fingerprint +
         "\r\na=setup:actpass\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\na=" + direction +
         "\r\n";
}

/// A switchboard whose sessions never connect.
class SwitchboardLinesTest : public testing::Test, private StageSink {
 protected:
  /// The HTTP status of the answer.
  int listen(const std::string& source) {
    static const std::string sdp = offer("recvonly");
    return status_of(board_.connect(now_, {.session_id = next_id(),
                                           .participant_id = {},
                                           .seat = kNoSeat,
                                           .kind = SessionKind::kWhep,
                                           .sdp = sdp,
                                           .source = source,
                                           .replaces = {}}));
  }
  int publish(int seat, const std::string& replaces = {}) {
    static const std::string sdp = offer("sendrecv");
    return status_of(board_.connect(now_, {.session_id = next_id(),
                                           .participant_id = "user-" + std::to_string(seat),
                                           .seat = seat,
                                           .kind = SessionKind::kWhip,
                                           .sdp = sdp,
                                           .source = {},
                                           .replaces = replaces}));
  }
  void pass(base::Duration time) {
    now_ = now_ + time;
    board_.handle_timeout(now_);
  }
  static int status_of(const OrRefusal<SessionAnswer>& answer) {
    return answer ? 201 : answer.error().status;
  }

  base::Instant now_ = kNow;
  runtime::SystemRandom random_;
  std::unique_ptr<rtc::DtlsCertificate> certificate_ = rtc::DtlsCertificate::make().value();
  Switchboard board_{{.certificate = certificate_.get(),
                      .host_candidates = {net::Endpoint::v4({127, 0, 0, 1}, 9)}},
                     random_,
                     *this};

 private:
  std::string next_id() { return "sess-" + std::to_string(++made_); }

  void to_floor(FloorCommand&&) override {}
  void to_link(link::MixToKeeper) override {}
  void transmit(const net::Transmit&) override {}
  void remember(std::string_view) override {}

  int made_ = 0;
};

TEST_F(SwitchboardLinesTest, ListenersTakeNoLineOfASeat) {
  board_.limit_listeners({.per_show = 1'000, .per_source = 1'000});
  int listening = 0;
  for (int i = 0; i < 2 * kLinesMax; ++i) listening += listen("198.51.100.1") == 201 ? 1 : 0;
  EXPECT_EQ(listening, kListenersMax);
  EXPECT_EQ(listen("203.0.113.7"), 503);
  for (int seat = 0; seat < kSeatsMax; ++seat) {
    for (int i = 0; i < kLinesPerSeat; ++i) EXPECT_EQ(publish(seat), 201) << "seat " << seat;
  }
}

TEST_F(SwitchboardLinesTest, PeopleWithManyConnectionsTakeNoLineOfAnotherSeat) {
  int made = 0;
  for (int seat = 0; seat < kSeatsMax - 1; ++seat) {
    for (int i = 0; i < 6; ++i) made += publish(seat) == 201 ? 1 : 0;
  }
  EXPECT_EQ(made, kLinesPerSeat * (kSeatsMax - 1) + kSharedLines);
  EXPECT_EQ(publish(0), 429);
  EXPECT_EQ(publish(kSeatsMax - 1), 201);
  EXPECT_EQ(publish(kSeatsMax - 1), 201);
}

TEST_F(SwitchboardLinesTest, ListenersOfOneAddressLeaveRoomForOthers) {
  board_.limit_listeners({.per_show = 20, .per_source = 4});
  int listening = 0;
  for (int i = 0; i < 10; ++i) listening += listen("198.51.100.1") == 201 ? 1 : 0;
  EXPECT_EQ(listening, 4);
  EXPECT_EQ(listen("198.51.100.2"), 201);
}

TEST_F(SwitchboardLinesTest, AListenerWhoNeverComesIsForgottenAfterTenSecondsAPersonIsNot) {
  ASSERT_EQ(listen("198.51.100.1"), 201);
  ASSERT_EQ(publish(0), 201);
  EXPECT_LE(board_.next_timeout(), kNow + 10s);
  pass(9s);
  EXPECT_EQ(board_.session_count(), 2U);
  pass(1s);
  EXPECT_EQ(board_.session_count(), 1U);
}

TEST_F(SwitchboardLinesTest, WhoeverWasReplacedIsToldAndNobodyElse) {
  board_.note_replaced("sess-old");
  EXPECT_EQ(publish(0, "sess-old"), 410);
  EXPECT_EQ(publish(0, "sess-other"), 201);
  EXPECT_EQ(publish(0), 201) << "who asks for the seat has it";
  const auto restarted = board_.patch(now_, "sess-old", "*", "a=ice-ufrag:x\r\n");
  ASSERT_FALSE(restarted.has_value());
  EXPECT_EQ(restarted.error().status, 410);
  EXPECT_EQ(restarted.error().reason, "replaced");
  EXPECT_EQ(status_of(board_.patch(now_, "sess-unknown", "*", "a=ice-ufrag:x\r\n")), 404);
}

}  // namespace
}  // namespace shelcaster::app
