#include "app/keeper/passage.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace shelcaster::app {
namespace {

namespace json = boost::json;

/// A passage between a serve and a mixer that are written down.
class PassageTest : public testing::Test, protected PassagePorts {
 protected:
  bool pass_to_mix(const json::object& frame) override {
    to_mix_.push_back(frame);
    return true;
  }
  bool pass_to_mix_behind(const json::object& frame) override {
    if (is_lane_full_) return false;
    behind_.push_back(frame);
    return true;
  }
  void pass_to_serve(const json::object& frame) override { to_serve_.push_back(frame); }
  void pass_to_serve_if_idle(const json::object& frame) override { if_idle_.push_back(frame); }
  void refuse(const link::Refuse& refusal) override { refusal_ = refusal; }

  Passage passage_{*this};
  bool is_lane_full_ = false;
  std::vector<json::object> to_mix_, behind_, to_serve_, if_idle_;
  std::optional<link::Refuse> refusal_;
};

json::object offer() {
  json::object frame = link::to_json(link::Offer{.request_id = "req-1",
                                                 .session_id = "s",
                                                 .participant_id = "ann",
                                                 .kind = "whip",
                                                 .sdp = "v=0"});
  frame["ofALaterVersion"] = true;
  return frame;
}

TEST_F(PassageTest, HandsAnOfferOnAsItCame) {
  EXPECT_TRUE(passage_.take_from_serve(offer()));
  ASSERT_EQ(behind_.size(), 1U);
  EXPECT_EQ(behind_[0], offer());
  EXPECT_FALSE(refusal_);
}

TEST_F(PassageTest, RefusesAnOfferWhenTheLaneToTheMixerIsFull) {
  is_lane_full_ = true;
  EXPECT_TRUE(passage_.take_from_serve(offer()));
  ASSERT_TRUE(refusal_);
  EXPECT_EQ(refusal_->status, 503);
  EXPECT_EQ(refusal_->request_id, "req-1");
}

TEST_F(PassageTest, HandsRepliesOnAndLevelsOnlyToAServeThatKeepsUp) {
  const json::object answer =
      link::to_json(link::Answer{.request_id = "req-1", .sdp = "v=0", .etag = "e"});
  EXPECT_TRUE(passage_.take_from_mix(answer));
  EXPECT_EQ(to_serve_, std::vector<json::object>{answer});

  const json::object levels = link::to_json(link::make_levels({}));
  EXPECT_TRUE(passage_.take_from_mix(levels));
  EXPECT_EQ(if_idle_, std::vector<json::object>{levels});
}

TEST_F(PassageTest, LeavesToTheKeeperWhatItHasToKnow) {
  EXPECT_FALSE(passage_.take_from_serve(link::to_json(link::Desired{})));
  EXPECT_FALSE(passage_.take_from_serve(link::to_json(link::Command{})));
  EXPECT_FALSE(passage_.take_from_mix(link::to_json(link::Ack{})));
  EXPECT_FALSE(passage_.take_from_mix(link::to_json(link::DeckReport{})));
  EXPECT_FALSE(passage_.take_from_serve({{"type", "of a later version"}}));
}

}  // namespace
}  // namespace shelcaster::app
