#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "show_world.hpp"

namespace shelcaster::sim {

struct RandomShowOptions {
  int people = 6;
  base::Duration length = std::chrono::seconds(30);
  /// Mean time between two things that happen.
  base::Duration pace = std::chrono::milliseconds(700);
  /// At the end networks are left alone and everything must come right.
  base::Duration calm = std::chrono::seconds(8);
};

/// A show in which people and networks do what a seed says. The same seed is the same show.
class RandomShow {
 public:
  RandomShow(std::uint64_t seed, const RandomShowOptions& options);

  void play();

  [[nodiscard]] ShowWorld& world() { return world_; }
  [[nodiscard]] const std::vector<std::string>& story() const { return story_; }

 private:
  void join();
  void happen();
  void happen_to(std::size_t person);
  void change_path(std::size_t person);
  void storm(std::size_t person);
  void use_deck();
  void calm_down();
  void heal_due();
  void tell(const std::string& what, std::size_t person);

  bool chance(double probability) { return dice_.unit() < probability; }
  int between(int low, int high) {
    return low + static_cast<int>(dice_.below(static_cast<std::uint64_t>(high - low + 1)));
  }

  RandomShowOptions options_;
  base::SeededRandom dice_;
  ShowWorld world_;
  std::vector<base::Instant> heals_at_;
  std::vector<bool> talks_;
  enum class DeckIs { kStopped, kPlaying, kPaused } deck_ = DeckIs::kStopped;
  std::vector<std::string> story_;
};

}  // namespace shelcaster::sim
