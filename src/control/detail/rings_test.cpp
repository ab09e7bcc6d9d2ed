#include "control/detail/rings.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace shelcaster::control::detail {
namespace {

using store::Collection;
using studio::ShowId;

const ShowId kShow("show-1"), kOther("show-2");

TEST(Rings, TellsAShowBeforeWhatIsWantedOfIt) {
  store::Write write;
  write.puts = {{{Collection::kDesired, "show-1", "DESIRED"}, {}, {}},
                {{Collection::kCommands, "show-1", "c"}, {}, {}},
                {{Collection::kParticipants, "show-1", "ada"}, {}, {}},
                {{Collection::kShows, "", "show-1"}, {}, {}}};
  const auto rings = rings_of(write, {kShow});
  EXPECT_EQ(std::vector<Ring>(rings.begin(), rings.end()),
            (std::vector<Ring>{{kShow, Changed::kShow},
                               {kShow, Changed::kPeople},
                               {kShow, Changed::kCommands},
                               {kShow, Changed::kDesired}}));
}

TEST(Rings, TellsOfATrackThoseWhoWantIt) {
  store::Write write;
  write.puts = {{{Collection::kTracks, "", "track"}, {}, {}}};
  EXPECT_TRUE(rings_of(write, {}).empty());
  EXPECT_EQ(rings_of(write, {kOther}),
            (std::set<Ring>{{kOther, Changed::kMusic}, {kOther, Changed::kDesired}}));
}

TEST(Rings, TellsThatAShowIsGoneAndNotThatACommandIs) {
  store::Write write;
  write.removes.emplace_back(store::Key{Collection::kShows, "", "show-1"});
  write.removes.emplace_back(store::Key{Collection::kCommands, "show-1", "c"});
  EXPECT_EQ(rings_of(write, {}), (std::set<Ring>{{kShow, Changed::kShow}}));
}

TEST(Rings, TellsOfWhatPlayMediaPutOnADeckAndNotOfADecksPlace) {
  store::Write write;
  write.puts = {{{Collection::kDecks, "show-1", "DECK"}, {}, {}}};
  EXPECT_TRUE(rings_of(write, {}).empty());
  write.puts = {{{Collection::kDecks, "show-1", "PLAYED"}, {}, {}}};
  EXPECT_EQ(rings_of(write, {}), (std::set<Ring>{{kShow, Changed::kCommands}}));
}

}  // namespace
}  // namespace shelcaster::control::detail
