#include "app/mix/lines/offering.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/state_io.hpp"
#include "rtc/peer/peer.hpp"

namespace shelcaster::app {
namespace {

using namespace std::chrono_literals;

const net::Endpoint kOurs = net::Endpoint::v4({127, 0, 0, 1}, 9'000);
const net::Endpoint kStageAt = net::Endpoint::v4({192, 0, 2, 1}, 3'478);
constexpr int kSeat = 3;

std::unique_ptr<rtc::DtlsCertificate> make_certificate() {
  return rtc::DtlsCertificate::make().value();
}

/// A mixer that offers, and a stage elsewhere that answers it.
class OfferingTest : public testing::Test, private StageSink {
 protected:
  struct Mixer {
    Mixer(const SwitchboardConfig& config, base::Random& random, StageSink& sink)
        : board(config, random, sink), offering(config, board, random) {}
    Switchboard board;
    Offering offering;
  };
  std::unique_ptr<Mixer> make_mixer() {
    return std::make_unique<Mixer>(
        SwitchboardConfig{.certificate = certificate_.get(), .host_candidates = {kOurs}}, random_,
        static_cast<StageSink&>(*this));
  }
  static Offering::Wish wish(const std::string& session_id) {
    return {.session_id = session_id, .participant_id = "ann", .seat = kSeat};
  }
  OrRefusal<std::string> offer(const Offering::Wish& wish) {
    return mixer_->offering.offer(now_, wish);
  }
  int status_of_answer(const std::string& session_id, const std::string& sdp) {
    const auto taken = mixer_->offering.take_answer(now_, session_id, sdp);
    return taken ? 200 : taken.error().status;
  }
  /// Offered, answered and connected.
  void connect(const std::string& session_id) {
    const auto sdp = offer(wish(session_id));
    ASSERT_TRUE(sdp);
    const auto answer = peer_.accept_offer(now_, *sdp);
    ASSERT_TRUE(answer) << answer.error().message;
    ASSERT_EQ(status_of_answer(session_id, *answer), 200);
    run(1s);
  }

  void run(base::Duration length) {
    for (const base::Instant end = now_ + length; now_ < end; now_ = now_ + 20ms) {
      peer_.handle_timeout(now_);
      if (mixer_->board.next_timeout() <= now_) mixer_->board.handle_timeout(now_);
      while (exchange()) {
      }
    }
  }
  bool exchange() {
    bool is_moving = false;
    for (;;) {
      const auto output = peer_.poll_output();
      if (std::holds_alternative<rtc::Timeout>(output)) break;
      const auto* transmit = std::get_if<net::Transmit>(&output);
      if (transmit == nullptr) continue;
      base::Bytes bytes(transmit->bytes.begin(), transmit->bytes.end());
      const rtc::SortedDatagram datagram({kStageAt, bytes});
      if (datagram.kind() == rtc::PacketKind::kRtpOrRtcp) continue;
      mixer_->board.handle_datagram(now_, datagram);
      is_moving = true;
    }
    for (auto& [to, bytes] : std::exchange(sent_, {})) {
      if (to != kStageAt) continue;
      peer_.handle_datagram(now_, {kOurs, bytes});
      is_moving = true;
    }
    return is_moving;
  }
  /// Of what the mixer told.
  template <typename Message>
  std::size_t count() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        told_, [](const auto& message) { return std::holds_alternative<Message>(message); }));
  }

  // StageSink
  void to_floor(FloorCommand&& command) override {
    if (auto* open = std::get_if<OpenLine>(&command)) opened_ = std::move(*open);
    if (const auto* know = std::get_if<KnowAddress>(&command)) known_.push_back(know->remote);
    if (const auto* expected = std::get_if<ExpectUser>(&command)) asks_ = expected->asks;
  }
  void to_link(link::MixToKeeper message) override { told_.push_back(std::move(message)); }
  void remember(std::string_view /*record*/) override {}
  void transmit(const net::Transmit& datagram) override {
    sent_.emplace_back(datagram.remote, base::Bytes(datagram.bytes.begin(), datagram.bytes.end()));
  }

  base::Instant now_ = base::Instant::from_nanoseconds(1'000'000'000);
  base::SeededRandom random_{5};
  std::unique_ptr<rtc::DtlsCertificate> certificate_ = make_certificate();
  std::unique_ptr<rtc::DtlsCertificate> stages_certificate_ = make_certificate();
  rtc::Peer peer_{
      {.certificate = stages_certificate_.get(), .host_candidates = {kStageAt}, .encoder = {}},
      random_};
  std::vector<std::pair<net::Endpoint, base::Bytes>> sent_;
  std::vector<link::MixToKeeper> told_;
  std::vector<net::Endpoint> known_;
  std::optional<OpenLine> opened_;
  bool asks_ = false;
  std::unique_ptr<Mixer> mixer_ = make_mixer();
};

TEST_F(OfferingTest, OpensALineToAStageThatHasAnswered) {
  connect("s");
  EXPECT_TRUE(peer_.is_connected());
  ASSERT_TRUE(opened_);
  EXPECT_EQ(opened_->state->seat, kSeat);
  EXPECT_TRUE(opened_->state->receives);
  EXPECT_TRUE(opened_->state->sends);
  EXPECT_EQ(opened_->state->remote, kStageAt);
}

TEST_F(OfferingTest, LetsTheGateExpectTheStageBeforeItHasAsked) {
  const auto sdp = offer(wish("s"));
  EXPECT_TRUE(known_.empty());
  EXPECT_EQ(status_of_answer("s", *peer_.accept_offer(now_, *sdp)), 200);
  EXPECT_EQ(known_, std::vector<net::Endpoint>{kStageAt});
  EXPECT_TRUE(asks_);
}

TEST_F(OfferingTest, OffersOnlyWhatIsWanted) {
  auto only_return = wish("s");
  only_return.has_microphone = false;
  EXPECT_NE(offer(only_return)->find("a=sendonly"), std::string::npos);
  auto only_microphone = wish("t");
  only_microphone.has_return = false;
  EXPECT_NE(offer(only_microphone)->find("a=recvonly"), std::string::npos);
}

TEST_F(OfferingTest, RefusesWhatCanNotBe) {
  auto nothing = wish("s");
  nothing.has_microphone = nothing.has_return = false;
  EXPECT_EQ(offer(nothing).error().status, 422);
  auto of_nobody = wish("s");
  of_nobody.seat = kNoSeat;
  EXPECT_EQ(offer(of_nobody).error().status, 422);
  EXPECT_EQ(status_of_answer("s", "v=0"), 404);
  ASSERT_TRUE(offer(wish("s")));
  EXPECT_EQ(status_of_answer("s", "v=0"), 422);
}

TEST_F(OfferingTest, ForgetsAnOfferThatIsWithdrawnOrNotAnsweredInTime) {
  const auto first = offer(wish("s"));
  const std::string answer = *peer_.accept_offer(now_, *first);
  mixer_->offering.withdraw_seat(kSeat);
  EXPECT_EQ(status_of_answer("s", answer), 404);
  ASSERT_TRUE(offer(wish("t")));
  now_ = now_ + Offering::kAnswerWithin;
  EXPECT_EQ(status_of_answer("t", answer), 404);
}

TEST_F(OfferingTest, BoundsTheOffersThatWaitUntilTheyAreForgotten) {
  for (std::size_t i = 0; i < Offering::kUnansweredMax; ++i) {
    ASSERT_TRUE(offer(wish("s" + std::to_string(i))));
  }
  EXPECT_EQ(offer(wish("more")).error().status, 503);
  now_ = now_ + Offering::kAnswerWithin;
  EXPECT_TRUE(offer(wish("more")));
}

TEST_F(OfferingTest, TellsOfTheEndOfASessionWhoeverEndsIt) {
  connect("s");
  EXPECT_EQ(count<link::SessionClosed>(), 0U);
  peer_.close(now_);
  run(1s);
  EXPECT_EQ(count<link::SessionClosed>(), 1U);
}

TEST_F(OfferingTest, AloneRestartsWhatItHasOffered) {
  connect("s");
  EXPECT_EQ(mixer_->board.patch(now_, "s", "*", "a=ice-ufrag:x").error().status, 409);
}

/// The stage takes no notice: it goes on being asked for its consent, without which it would end.
TEST_F(OfferingTest, GoesOnInAnotherProcess) {
  connect("s");
  run(1s);
  ASSERT_TRUE(opened_);
  Inheritance left;
  base::Bytes state(Line::kStateBytesMax);
  base::StateWriter to(state);
  opened_->state->save(to);
  state.resize(to.size());
  left.sound.lines[opened_->line] = state;
  const auto memory = mixer_->board.memory();
  ASSERT_EQ(memory.size(), 1U);
  const auto session = parse_session_memory(memory[0].as_object());
  ASSERT_TRUE(session) << session.error().message;

  opened_.reset();
  known_.clear();
  mixer_ = make_mixer();
  mixer_->board.take_over(now_, *session, left);
  ASSERT_TRUE(opened_);
  EXPECT_EQ(opened_->state->seat, kSeat);
  EXPECT_EQ(known_, std::vector<net::Endpoint>{kStageAt});
  EXPECT_TRUE(asks_);
  run(2min);
  EXPECT_TRUE(peer_.is_connected());
  EXPECT_EQ(mixer_->board.session_count(), 1U);
  EXPECT_EQ(count<link::SessionClosed>(), 0U);
}

}  // namespace
}  // namespace shelcaster::app
