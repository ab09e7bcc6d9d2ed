#include "control/newest_ids.hpp"

#include <gtest/gtest.h>

namespace shelcaster::control {
namespace {

TEST(NewestIds, ForgetsTheOldestWhenFull) {
  NewestIds ids(3);
  for (const char* id : {"a", "b", "b", "c", "a"}) ids.add(id);
  EXPECT_TRUE(ids.contains("a")) << "what is known takes no place twice";
  ids.add("d");
  EXPECT_EQ(ids.size(), 3U);
  EXPECT_FALSE(ids.contains("a"));
  for (const char* id : {"b", "c", "d"}) EXPECT_TRUE(ids.contains(id)) << id;
}

}  // namespace
}  // namespace shelcaster::control
