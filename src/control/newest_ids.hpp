#pragma once

#include <cstddef>
#include <deque>
#include <set>
#include <string>

namespace shelcaster::control {

/// The newest ids of many, as far as they are to be remembered: beyond `count_max` the oldest is
/// forgotten.
class NewestIds {
 public:
  explicit NewestIds(std::size_t count_max) : count_max_(count_max) {}

  void add(const std::string& id) {
    if (!ids_.insert(id).second) return;
    by_age_.push_back(id);
    if (by_age_.size() <= count_max_) return;
    ids_.erase(by_age_.front());
    by_age_.pop_front();
  }
  [[nodiscard]] bool contains(const std::string& id) const { return ids_.contains(id); }
  [[nodiscard]] std::size_t size() const { return ids_.size(); }

 private:
  std::size_t count_max_;
  std::set<std::string> ids_;
  std::deque<std::string> by_age_;
};

}  // namespace shelcaster::control
