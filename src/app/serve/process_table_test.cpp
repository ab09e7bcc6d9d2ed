#include "app/serve/process_table.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <vector>

namespace shelcaster::app {
namespace {

TEST(ProcessTable, SeesTheMemoryAndTheWorkOfAProcess) {
  const ProcessTable table;
  const auto before = table.use(::getpid());
  ASSERT_TRUE(before.has_value());
  constexpr std::size_t kBytes = 32U * 1024 * 1024;
  std::vector<unsigned> touched(kBytes / sizeof(unsigned), 1);
  std::optional<control::ProcessUse> after;
  for (int round = 0; round < 2000; ++round) {
    for (unsigned& word : touched) word = word * 1664525U + 1013904223U;
    after = table.use(::getpid());
    ASSERT_TRUE(after.has_value());
    if (after->cpu_seconds > before->cpu_seconds) break;
  }
  EXPECT_GT(after->cpu_seconds, before->cpu_seconds);
  EXPECT_GT(after->pss_bytes.value(),
            before->pss_bytes.value() + static_cast<std::int64_t>(kBytes) / 2);
}

TEST(ProcessTable, KnowsNothingOfAProcessThatIsNotThere) {
  EXPECT_FALSE(ProcessTable().use(std::int64_t{1} << 40U).has_value());
}

}  // namespace
}  // namespace shelcaster::app
