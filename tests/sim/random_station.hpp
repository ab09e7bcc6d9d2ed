#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "station.hpp"

namespace shelcaster::sim {

/// A whole show in which everything dies, is cut off, full or put on, as a seed says, while
/// commands are given. The same seed is the same show.
class RandomStation {
 public:
  explicit RandomStation(std::uint64_t seed);

  void play(base::Duration length);

  Station& station() { return station_; }
  [[nodiscard]] const std::vector<std::string>& story() const { return story_; }

 private:
  void happen();
  void kill_one();
  void cut_somebody();
  void fill_disks();
  void later(base::Duration when, std::function<void()> what);
  void do_due();
  void tell(const std::string& what);

  bool chance(double probability) { return dice_.unit() < probability; }
  int between(int low, int high) {
    return low + static_cast<int>(dice_.below(static_cast<std::uint64_t>(high - low + 1)));
  }
  base::Duration ms_between(int low, int high) {
    return std::chrono::milliseconds(between(low / 10, high / 10) * 10);
  }

  base::SeededRandom dice_;
  Station station_;
  std::vector<std::pair<base::Instant, std::function<void()>>> due_;
  std::vector<std::string> story_;
};

}  // namespace shelcaster::sim
