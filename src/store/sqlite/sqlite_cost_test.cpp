#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "base/thread_cost_for_tests.hpp"
#include "store/sqlite/sqlite_store.hpp"

// What the control thread asks of a large database must cost it little.
namespace shelcaster::store {
namespace {

TEST(SqliteCost, OfVersionsIsOfTheirNumberAndNotOfTheirDocuments) {
  const std::filesystem::path dir =
      std::filesystem::temp_directory_path() / fmt::format("shelcaster-sqlite-cost-{}", ::getpid());
  std::filesystem::create_directories(dir);
  auto store = *SqliteStore::open(dir / "store.db");
  constexpr std::size_t kLists = 1'000;
  constexpr std::size_t kTracks = 10'000;
  Write write;
  const auto put = [&](Collection collection, std::size_t number, std::size_t bytes) {
    write.puts.push_back({{collection, "", fmt::format("one-{:012}", number)},
                          {{"x", std::string(bytes, 'x')}},
                          {}});
    if (write.puts.size() < kWriteActionsMax) return;
    ASSERT_TRUE(store->commit(write));
    write.puts.clear();
  };
  for (std::size_t i = 0; i < kLists; ++i) put(Collection::kTracklists, i, 50'000);
  for (std::size_t i = 0; i < kTracks; ++i) put(Collection::kTracks, i, 500);
  using shelcaster::testing::cost_us;
  using shelcaster::testing::kCostFactor;
  const double lists =
      cost_us([&] { ASSERT_EQ(store->versions(Collection::kTracklists, "")->size(), kLists); });
  const double tracks =
      cost_us([&] { ASSERT_EQ(store->versions(Collection::kTracks, "")->size(), kTracks); });
  RecordProperty("lists_us", std::to_string(lists));
  RecordProperty("tracks_us", std::to_string(tracks));
  EXPECT_LT(lists, 5'000 * kCostFactor);
  EXPECT_LT(tracks, 20'000 * kCostFactor);
  store.reset();
  std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace shelcaster::store
