#include "app/mix/roster/roster.hpp"

#include <gmock/gmock.h>

#include <memory>

namespace shelcaster::app {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Places, ListsThoseThatAreTakenInAscendingOrder) {
  Places<int, 4> places;
  EXPECT_THAT(places.taken(), IsEmpty());
  (void)places.exchange(3, std::make_unique<int>(30));
  (void)places.exchange(1, std::make_unique<int>(10));
  EXPECT_THAT(places.taken(), ElementsAre(1, 3));
  EXPECT_EQ(places.at(3), 30);

  (void)places.exchange(3, nullptr);
  EXPECT_THAT(places.taken(), ElementsAre(1));
}

TEST(Places, GivesBackWhoWasThereBefore) {
  Places<int, 4> places;
  EXPECT_EQ(places.exchange(0, std::make_unique<int>(1)), nullptr);
  EXPECT_EQ(*places.exchange(0, std::make_unique<int>(2)), 1);
  EXPECT_EQ(*places.exchange(0, nullptr), 2);
}

TEST(Places, FindNobodyAtAPlaceThatThereIsNot) {
  const Places<int, 4> places;
  EXPECT_EQ(places.find(-1), nullptr);
  EXPECT_EQ(places.find(4), nullptr);
  EXPECT_EQ(places.find(2), nullptr);
}

}  // namespace
}  // namespace shelcaster::app
