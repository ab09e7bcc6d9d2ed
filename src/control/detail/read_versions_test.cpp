#include "control/detail/read_versions.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace shelcaster::control::detail {
namespace {

using store::Collection;
const store::Key kShow{Collection::kShows, "", "a"};

TEST(ReadVersions, HoldsWhatAStepReadFirst) {
  ReadVersions versions;
  EXPECT_FALSE(versions.find(kShow));
  versions.note(kShow, 3);
  versions.note(kShow, 4);
  EXPECT_EQ(versions.find(kShow), 3) << "what was concluded before stands on it";
  versions.replace(kShow, 4);
  EXPECT_EQ(versions.find(kShow), 4);
  versions.begin_step();
  EXPECT_FALSE(versions.find(kShow));
}

TEST(ReadVersions, CountsWhatIsKeptAtHandAsRead) {
  ReadVersions versions;
  const store::Key other{Collection::kShows, "", "b"};
  const auto kept = std::make_shared<const ReadVersions::Versions>(
      ReadVersions::Versions{{kShow, 3}, {other, 5}});
  versions.note_kept(kept);
  versions.note_kept(kept);
  versions.note(kShow, 4);
  EXPECT_EQ(versions.find(kShow), 3);
  versions.replace(kShow, 4);
  EXPECT_EQ(versions.find(kShow), 4);
  EXPECT_EQ(versions.find(other), 5);
  versions.forget(kShow);
  EXPECT_FALSE(versions.find(kShow));
  EXPECT_FALSE(versions.find(other)) << "what was kept with it is as old";
  versions.begin_step();
  EXPECT_FALSE(versions.find(other));
}

TEST(ReadVersions, KnowsWhatAListDoesNotHave) {
  ReadVersions versions;
  versions.note_listed(Collection::kShows, "");
  EXPECT_EQ(versions.find(kShow), 0);
  EXPECT_FALSE(versions.find({Collection::kOutputs, "a", "rtmp"}));
  versions.note(kShow, 2);
  EXPECT_EQ(versions.find(kShow), 0) << "it came since, and what was concluded stands on none";
  versions.replace(kShow, 2);
  EXPECT_EQ(versions.find(kShow), 2);
  versions.forget(kShow);
  EXPECT_FALSE(versions.find(kShow)) << "it has to be read again";
  EXPECT_EQ(versions.find({Collection::kShows, "", "b"}), 0) << "and nothing else";
  versions.note_listed(Collection::kShows, "");
  EXPECT_EQ(versions.find(kShow), 0);
  versions.forget(kShow);
  versions.note(kShow, 7);
  EXPECT_EQ(versions.find(kShow), 7);
}

}  // namespace
}  // namespace shelcaster::control::detail
