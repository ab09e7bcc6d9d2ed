#include "app/mix/lines/switchboard.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "rtc/peer/peer.hpp"
#include "rtc/stun/stun_message.hpp"

namespace shelcaster::app {
namespace {

using namespace std::chrono_literals;

const net::Endpoint kServerAt = net::Endpoint::v4({127, 0, 0, 1}, 9'000);
const net::Endpoint kHome = net::Endpoint::v4({192, 0, 2, 1}, 40'000);
const net::Endpoint kMobile = net::Endpoint::v4({198, 51, 100, 7}, 50'000);

const rtc::DtlsCertificate& certificate() {
  static const auto made = rtc::DtlsCertificate::make().value();
  return *made;
}
const rtc::DtlsCertificate& clients_certificate() {
  static const auto made = rtc::DtlsCertificate::make().value();
  return *made;
}

class Sink final : public StageSink {
 public:
  void to_floor(FloorCommand&& command) override { commands.push_back(std::move(command)); }
  void to_link(link::MixToKeeper message) override { told.push_back(link::to_json(message)); }
  void remember(std::string_view) override {}
  void transmit(const net::Transmit& datagram) override {
    sent.emplace_back(datagram.remote, base::Bytes(datagram.bytes.begin(), datagram.bytes.end()));
  }
  template <typename Command>
  [[nodiscard]] const Command* last() const {
    const Command* found = nullptr;
    for (const FloorCommand& command : commands) {
      if (const auto* one = std::get_if<Command>(&command)) found = one;
    }
    return found;
  }

  std::vector<FloorCommand> commands;
  std::vector<boost::json::object> told;
  std::vector<std::pair<net::Endpoint, base::Bytes>> sent;
};

class SwitchboardTest : public ::testing::Test {
 protected:
  std::unique_ptr<rtc::Peer> make_peer(const rtc::DtlsCertificate& own = clients_certificate()) {
    return std::make_unique<rtc::Peer>(
        rtc::PeerConfig{.certificate = &own, .host_candidates = {}, .encoder = {}}, random_);
  }
  /// The answer to an offer of a listener, by default one without a seat.
  rtc::Answer listen(const std::string& id, rtc::Peer& peer, int seat = kNoSeat) {
    const std::string offer = peer.make_offer();
    const auto answer = board_.connect(now_, {.session_id = id,
                                              .participant_id = seat == kNoSeat ? "" : "user",
                                              .seat = seat,
                                              .kind = SessionKind::kWhep,
                                              .sdp = offer,
                                              .source = {},
                                              .replaces = {}});
    EXPECT_TRUE(answer);
    EXPECT_TRUE(peer.accept_answer(now_, answer->sdp));
    return rtc::parse_answer(answer->sdp).value();
  }
  /// Half a second of what each side has for the other.
  void exchange(rtc::Peer& peer, const net::Endpoint& peer_at) {
    for (int step = 0; step < 25; ++step) {
      now_ = now_ + 20ms;
      peer.handle_timeout(now_);
      exchange_now(peer, peer_at);
    }
  }
  void exchange_now(rtc::Peer& peer, const net::Endpoint& peer_at) {
    for (bool is_moving = true; is_moving;) {
      is_moving = false;
      for (;;) {
        const auto output = peer.poll_output();
        if (std::holds_alternative<rtc::Timeout>(output)) break;
        const auto* transmit = std::get_if<net::Transmit>(&output);
        if (transmit == nullptr) continue;
        base::Bytes bytes(transmit->bytes.begin(), transmit->bytes.end());
        before_each_();
        board_.handle_datagram(now_, rtc::SortedDatagram({peer_at, bytes}));
        is_moving = true;
      }
      for (auto& [to, bytes] : std::exchange(sink_.sent, {})) {
        if (to != peer_at) continue;
        peer.handle_datagram(now_, {kServerAt, bytes});
        is_moving = true;
      }
    }
  }
  void check(const rtc::Answer& answer, const net::Endpoint& from, bool nominates = false) {
    rtc::StunBuilder request(rtc::StunClass::kRequest, {});
    request.username(answer.ice.ufrag + ":them").priority(1).ice_controlling(1);
    if (nominates) request.use_candidate();
    base::Bytes bytes = request.finish(answer.ice.pwd);
    board_.handle_datagram(now_, rtc::SortedDatagram({from, bytes}));
  }
  static std::string fragment(const std::string& ufrag) {
    return "a=ice-ufrag:" + ufrag + "\r\na=ice-pwd:0123456789012345678901\r\n" +
           "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n";
  }

  base::Instant now_ = base::Instant::from_nanoseconds(1'000'000'000'000);
  base::SeededRandom random_{5};
  Sink sink_;
  Switchboard board_{
      {.certificate = &certificate(), .host_candidates = {kServerAt}}, random_, sink_};
  std::function<void()> before_each_ = [] {};
};

TEST_F(SwitchboardTest, ForgedChecksKeepNobodysHandshakeFromThem) {
  std::vector<std::unique_ptr<rtc::Peer>> attackers;
  std::vector<rtc::Answer> answers;
  for (int i = 0; i < 20; ++i) {
    attackers.push_back(make_peer(certificate()));
    answers.push_back(listen("attacker-" + std::to_string(i), *attackers.back()));
  }
  const auto victim = make_peer();
  check(listen("victim", *victim), kHome);
  before_each_ = [&] {
    for (const rtc::Answer& answer : answers) check(answer, kHome);
  };
  exchange(*victim, kHome);
  EXPECT_TRUE(victim->is_connected());
  const auto* line = sink_.last<OpenLine>();
  ASSERT_NE(line, nullptr);
  EXPECT_EQ(line->line, 20);
  EXPECT_EQ(line->state->remote, kHome);
  EXPECT_EQ(board_.session_count(), 21U);
}

TEST_F(SwitchboardTest, SomebodyWhoBeginsAgainFromTheSameAddressIsConnected) {
  const auto given_up = make_peer();
  check(listen("given up", *given_up), kHome);
  now_ = now_ + 7s;
  const auto peer = make_peer();
  (void)listen("s", *peer);
  exchange(*peer, kHome);
  ASSERT_NE(sink_.last<OpenLine>(), nullptr);
  EXPECT_EQ(sink_.last<OpenLine>()->line, 1);
}

TEST_F(SwitchboardTest, MovesToWhereAloneThePeerIsHeard) {
  const auto peer = make_peer();
  const rtc::Answer answer = listen("s", *peer);
  exchange(*peer, kHome);
  ASSERT_NE(sink_.last<OpenLine>(), nullptr);
  const int line = sink_.last<OpenLine>()->line;
  now_ = now_ + 1s;
  check(answer, kMobile);
  EXPECT_EQ(sink_.last<MoveLine>(), nullptr);
  now_ = now_ + 4s;
  board_.handle_heard_elsewhere(now_, {line, kMobile});
  ASSERT_NE(sink_.last<MoveLine>(), nullptr);
  EXPECT_EQ(sink_.last<MoveLine>()->remote, kMobile);
}

TEST_F(SwitchboardTest, TellsEachTwoSecondsWhoHearsTheirReturn) {
  const auto peer = make_peer();
  (void)listen("s", *peer, /*seat=*/0);
  EXPECT_TRUE(sink_.told.empty());
  exchange(*peer, kHome);
  ASSERT_NE(sink_.last<OpenLine>(), nullptr);
  const int line = sink_.last<OpenLine>()->line;
  for (int i = 0; i < 65; ++i) {
    now_ = now_ + 100ms;
    board_.handle_line_report(now_, LineReport{line, {}, 0, {}});
  }
  const auto listens = link::to_json(link::Listens{"user"});
  EXPECT_EQ(sink_.told, std::vector<boost::json::object>(4, listens));
}

TEST_F(SwitchboardTest, SaysNothingOfListenersWithoutASeat) {
  const auto peer = make_peer();
  (void)listen("s", *peer);
  exchange(*peer, kHome);
  ASSERT_NE(sink_.last<OpenLine>(), nullptr);
  board_.handle_line_report(now_ + 3s, LineReport{sink_.last<OpenLine>()->line, {}, 0, {}});
  EXPECT_TRUE(sink_.told.empty());
}

TEST_F(SwitchboardTest, WritesNewAddressesDownTogether) {
  const auto peer = make_peer();
  const rtc::Answer answer = listen("s", *peer);
  exchange(*peer, kHome);
  int changes = 0;
  (void)board_.take_changed();
  for (std::uint16_t i = 0; i < 10'000; ++i) {
    now_ = now_ + 1ms;
    check(answer, net::Endpoint::v4({198, 51, 100, 7}, static_cast<std::uint16_t>(1 + i)));
    if (board_.next_timeout() <= now_) board_.handle_timeout(now_);
    changes += board_.take_changed() ? 1 : 0;
  }
  EXPECT_GE(changes, 1);
  EXPECT_LE(changes, 11);
}

TEST_F(SwitchboardTest, SomebodyWhoMovesToAndFroWritesNothingDownEachTime) {
  const auto peer = make_peer();
  const rtc::Answer answer = listen("s", *peer);
  exchange(*peer, kHome);
  int changes = 0;
  (void)board_.take_changed();
  for (int i = 0; i < 1'000; ++i) {
    now_ = now_ + 1ms;
    check(answer, i % 2 == 0 ? kHome : kMobile, /*nominates=*/true);
    if (board_.next_timeout() <= now_) board_.handle_timeout(now_);
    changes += board_.take_changed() ? 1 : 0;
  }
  EXPECT_EQ(sink_.last<MoveLine>()->remote, kMobile);
  EXPECT_LE(changes, 2);
}

TEST_F(SwitchboardTest, WritesNothingDownForASessionThatIsNotConnected) {
  const auto peer = make_peer();
  const rtc::Answer answer = listen("s", *peer);
  ASSERT_TRUE(board_.patch(now_, "s", "*", fragment("AAAA")));
  check(answer, kHome);
  now_ = now_ + 2s;
  board_.handle_timeout(now_);
  board_.close(now_, "s");
  EXPECT_FALSE(board_.take_changed());
}

TEST_F(SwitchboardTest, WritesRestartsOfListenersDownTogetherAndAnEndAtOnce) {
  const auto peer = make_peer();
  (void)listen("s", *peer);
  exchange(*peer, kHome);
  (void)board_.take_changed();
  int changes = 0;
  for (int i = 0; i < 300; ++i) {
    now_ = now_ + 10ms;
    ASSERT_TRUE(board_.patch(now_, "s", "*", fragment("AAAA" + std::to_string(i))));
    if (board_.next_timeout() <= now_) board_.handle_timeout(now_);
    changes += board_.take_changed() ? 1 : 0;
  }
  EXPECT_GE(changes, 1);
  EXPECT_LE(changes, 4);
  (void)board_.take_changed();
  board_.close(now_, "s");
  EXPECT_TRUE(board_.take_changed());
}

TEST_F(SwitchboardTest, WritesTheRestartOfAPersonDownAtOnce) {
  const auto peer = make_peer();
  (void)listen("s", *peer, /*seat=*/0);
  exchange(*peer, kHome);
  (void)board_.take_changed();
  ASSERT_TRUE(board_.patch(now_, "s", "*", fragment("AAAA")));
  EXPECT_TRUE(board_.take_changed());
}

TEST_F(SwitchboardTest, AnswersALostRestartAgainWhenItIsAskedForByAStar) {
  const auto peer = make_peer();
  (void)listen("s", *peer);
  exchange(*peer, kHome);
  const auto first = board_.patch(now_, "s", "*", fragment("AAAA"));
  ASSERT_TRUE(first);
  EXPECT_NE(first->sdp.find("a=ice-pwd:"), std::string::npos);
  const auto again = board_.patch(now_, "s", "*", fragment("AAAA"));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->sdp, first->sdp);
  EXPECT_EQ(again->etag, first->etag);
  EXPECT_EQ(board_.patch(now_, "s", first->etag, fragment("AAAA"))->sdp, "") << "candidates";
  EXPECT_EQ(board_.patch(now_, "s", "old", fragment("BBBB")).error().status, 412);
  const auto other = board_.patch(now_, "s", "*", fragment("BBBB"));
  ASSERT_TRUE(other);
  EXPECT_NE(other->etag, first->etag);
  EXPECT_EQ(board_.session_count(), 1U);
}

TEST_F(SwitchboardTest, AStarWithTheGenerationOfTheOfferIsNoRestart) {
  const auto peer = make_peer();
  (void)listen("s", *peer);
  const std::string offer = peer->make_offer();
  const std::size_t at = offer.find("a=ice-ufrag:");
  const std::string ufrag = offer.substr(at + 12, offer.find("\r\n", at) - at - 12);
  EXPECT_EQ(board_.patch(now_, "s", "*", fragment(ufrag))->sdp, "");
}

TEST_F(SwitchboardTest, BeginsEachReturnBelowHalfOfTheSequenceNumbers) {
  for (int i = 0; i < 40; ++i) {
    const auto peer = make_peer();
    (void)listen("s" + std::to_string(i), *peer);
    exchange(*peer, kHome);
    ASSERT_NE(sink_.last<OpenLine>(), nullptr);
    const auto sent = sink_.last<OpenLine>()->state->send(now_, base::as_bytes("x"));
    ASSERT_FALSE(sent.empty());
    EXPECT_LT(std::to_integer<unsigned>(sent[2]), 0x80U);
  }
}

}  // namespace
}  // namespace shelcaster::app
