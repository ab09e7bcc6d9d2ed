#include "app/mix/lines/offer_lane.hpp"

#include <gtest/gtest.h>

#include <string>

namespace shelcaster::app {
namespace {

using namespace std::chrono_literals;
using Class = OfferLane::Class;
using Put = OfferLane::Put;

constexpr base::Instant kNow = base::Instant::from_nanoseconds(1'000'000'000);

OfferLane::Request offer(int number) {
  link::Offer made;
  made.request_id = std::to_string(number);
  return made;
}

OfferLane::Asker asker(int session, const std::string& who = {}) {
  return {std::to_string(session), who};
}

int number_of(const std::optional<OfferLane::Request>& request) {
  return request ? std::stoi(std::get<link::Offer>(*request).request_id) : -1;
}

TEST(OfferLane, LetsPeopleWithASeatGoBeforeListeners) {
  OfferLane lane;
  ASSERT_EQ(lane.put(Class::kListener, asker(1), offer(1)), Put::kTaken);
  ASSERT_EQ(lane.put(Class::kSeat, asker(2), offer(2)), Put::kTaken);
  EXPECT_EQ(number_of(lane.take(kNow)), 2);
  EXPECT_EQ(number_of(lane.take(kNow)), 1);
  EXPECT_EQ(lane.next(), base::Instant::never());
}

TEST(OfferLane, IsFullForListenersWhileSeatsHaveRoom) {
  OfferLane lane;
  for (int i = 0; i < static_cast<int>(OfferLane::kPlaces); ++i) {
    ASSERT_EQ(lane.put(Class::kListener, asker(i), offer(1)), Put::kTaken);
  }
  EXPECT_EQ(lane.put(Class::kListener, asker(100), offer(1)), Put::kFull);
  EXPECT_EQ(lane.put(Class::kSeat, asker(100), offer(2)), Put::kTaken);
}

TEST(OfferLane, HoldsOneRequestOfASessionAndAFewOfWhoeverAsks) {
  OfferLane lane;
  ASSERT_EQ(lane.put(Class::kSeat, asker(1, "Ada"), offer(1)), Put::kTaken);
  EXPECT_EQ(lane.put(Class::kSeat, asker(1, "Ada"), offer(1)), Put::kTooManyOfOne);
  int taken = 1;
  for (int i = 2; i < 40; ++i) {
    taken += lane.put(Class::kSeat, asker(i, "Ada"), offer(i)) == Put::kTaken ? 1 : 0;
  }
  EXPECT_EQ(taken, 4);
  EXPECT_EQ(lane.put(Class::kSeat, asker(50, "Bob"), offer(50)), Put::kTaken);
  ASSERT_TRUE(lane.take(kNow));
  EXPECT_EQ(lane.put(Class::kSeat, asker(1, "Ada"), offer(1)), Put::kTaken) << "it waits no more";
}

TEST(OfferLane, LeavesTheStageThreadAloneBetweenTwoOffers) {
  OfferLane lane;
  for (int i = 0; i < 30; ++i) {
    ASSERT_EQ(lane.put(Class::kListener, asker(i), offer(i)), Put::kTaken);
  }
  int taken = 0;
  for (auto at = kNow; at < kNow + 200ms; at = at + 1ms) taken += lane.take(at) ? 1 : 0;
  EXPECT_EQ(taken, 10);
  EXPECT_GT(lane.next(), kNow);
}

}  // namespace
}  // namespace shelcaster::app
