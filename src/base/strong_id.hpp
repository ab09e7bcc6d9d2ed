#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

namespace shelcaster::base {

/// A name that can't be mistaken for another kind of name:
/// `using ShowId = base::StrongId<struct ShowIdTag>;`
template <typename Tag>
class StrongId {
 public:
  StrongId() = default;
  explicit StrongId(std::string value) : value_(std::move(value)) {}

  [[nodiscard]] const std::string& str() const { return value_; }
  [[nodiscard]] bool empty() const { return value_.empty(); }

  friend auto operator<=>(const StrongId&, const StrongId&) = default;

 private:
  std::string value_;
};

}  // namespace shelcaster::base

template <typename Tag>
struct std::hash<shelcaster::base::StrongId<Tag>> {
  std::size_t operator()(const shelcaster::base::StrongId<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.str());
  }
};
