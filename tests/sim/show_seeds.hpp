#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/sanitized.hpp"

// Which random shows a test plays, and how to play one of them again.
namespace shelcaster::sim {

struct Seeds {
  std::uint64_t first = 1;
  std::uint64_t count = 200;
};

// Under a sanitizer each is some 20 times slower.
inline constexpr std::uint64_t kSeedsByDefault = base::kIsSanitized ? 6 : 200;

/// SHELCASTER_SIM_SEEDS=<first>:<count>, or <first> for one.
inline Seeds seeds_to_play(std::uint64_t count_by_default = kSeedsByDefault) {
  const char* seeds = std::getenv("SHELCASTER_SIM_SEEDS");
  if (seeds == nullptr) return {.count = count_by_default};
  const std::string text(seeds);
  const std::size_t colon = text.find(':');
  return {.first = std::stoull(text.substr(0, colon)),
          .count = colon == std::string::npos ? 1 : std::stoull(text.substr(colon + 1))};
}

inline std::string replay_line(std::uint64_t seed, const std::string& filter,
                               const std::string& program = "sim_test") {
  return fmt::format("replay: SHELCASTER_SIM_SEEDS={}:1 build/release/bin/{} --gtest_filter={}\n",
                     seed, program, filter);
}

/// What happened, a line each, before what went wrong.
inline std::string told(const std::vector<std::string>& story) {
  std::string text;
  for (const std::string& line : story) text += line + '\n';
  return text + "--\n";
}

}  // namespace shelcaster::sim
